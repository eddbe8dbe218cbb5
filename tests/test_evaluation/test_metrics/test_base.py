# Copyright (c) mtcp_mm authors. All rights reserved.
import logging
import math

import pytest
import torch
from mmengine.logging import MMLogger

from mtcp_mm.evaluation.metrics import DenseTaskMetric


class CountMetric(DenseTaskMetric):
    """Counts pixels and adds predictions: values by hand are its oracle."""

    higher_is_better = dict(sum=True)

    def update(self, pred, target):
        if pred.shape != target.shape:
            raise ValueError('bad shape')
        return dict(sum=(pred - target).sum().double())

    def compute(self, sums):
        return dict(sum=sums['sum'].item())


def sample(value, task='t', **kwargs):
    field = dict(data=torch.full((1, 2, 2), float(value)))
    zero = dict(data=torch.zeros(1, 2, 2))
    return {f'pred_{task}': field, f'gt_{task}': zero, **kwargs}


class TestDenseTaskMetric:

    def test_prefix_is_task(self):
        metric = CountMetric('t')
        metric.process(None, [sample(1), sample(2)])
        assert metric.evaluate(2) == {'t/sum': 12}
        metric = CountMetric('t', prefix='other')
        metric.process(None, [sample(1)])
        assert metric.evaluate(1) == {'other/sum': 4}

    def test_truncation_counts_samples_without_label(self):
        """The sampler repeated the first sample: three results, size 2."""
        metric = CountMetric('t')
        unlabelled = dict(pred_t=dict(data=torch.ones(1, 2, 2)))
        metric.process(None, [sample(1), unlabelled, sample(1)])
        assert len(metric.results) == 3
        assert metric.evaluate(2) == {'t/sum': 4}

    def test_no_label_is_nan_and_warns(self, caplog):
        logger = MMLogger.get_current_instance()
        logger.addHandler(caplog.handler)
        metric = CountMetric('t')
        with caplog.at_level(logging.WARNING):
            metric.process(None, [dict(pred_t=None), dict()])
            scores = metric.evaluate(2)
        logger.removeHandler(caplog.handler)
        assert list(scores) == ['t/sum'] and math.isnan(scores['t/sum'])
        assert 'Task `t` has no labelled pixel in the 2 samples' in caplog.text

    def test_missing_prediction_is_named(self):
        bad = sample(1)
        del bad['pred_t']
        with pytest.raises(KeyError, match='no `pred_t`.*gt_t'):
            CountMetric('t').process(None, [bad])

    def test_error_names_image_and_task(self):
        bad = sample(1, img_path='images/7.jpg')
        bad['gt_t'] = dict(data=torch.zeros(1, 2, 3))
        with pytest.raises(ValueError, match='images/7.jpg, task `t`: bad'):
            CountMetric('t').process(None, [bad])

    def test_starts_anew_after_evaluate(self):
        metric = CountMetric('t')
        metric.process(None, [sample(1)])
        metric.evaluate(1)
        metric.process(None, [sample(2)])
        assert metric.evaluate(1) == {'t/sum': 8}
