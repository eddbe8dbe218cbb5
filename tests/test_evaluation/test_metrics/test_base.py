# Copyright (c) mtcp_mm authors. All rights reserved.
import logging
import math

import pytest
import torch
from mmengine.logging import MMLogger

from mtcp_mm.evaluation.metrics import DenseTaskMetric
from mtcp_mm.utils.numbers import NumbersError


class CountMetric(DenseTaskMetric):
    """Counts pixels and adds predictions: values by hand are its oracle."""

    higher_is_better = dict(sum=True)

    def update(self, pred, target, protocol):
        if pred.shape != target.shape:
            raise ValueError('bad shape')
        return dict(sum=(pred - target).sum().double())

    def compute(self, sums, protocol):
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

    @pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
    def test_refuses_what_is_not_finite(self, value):
        bad = sample(1, img_path='b.jpg')
        bad['pred_t']['data'][0, 1, 1] = value
        with pytest.raises(
                NumbersError, match='b.jpg, task `t`: 1 of the 4 values'):
            CountMetric('t').process(None, [sample(1), bad])

    def test_starts_anew_after_evaluate(self):
        metric = CountMetric('t')
        metric.process(None, [sample(1)])
        metric.evaluate(1)
        metric.process(None, [sample(2)])
        assert metric.evaluate(1) == {'t/sum': 8}


class TwoWays(CountMetric):
    """`house` adds predictions, `half` halves them and calls it otherwise,
    `none` leaves every image out."""

    known_protocols = dict(house='a', half='b', none='c')

    @classmethod
    def scores_of(cls, protocol):
        return dict(
            cls.higher_is_better,
            **(dict(error=False) if protocol == 'half' else {}))

    def update(self, pred, target, protocol):
        if protocol == 'none':
            return {}
        return super().update(pred, target, protocol)

    def compute(self, sums, protocol):
        if protocol == 'half':
            return dict(sum=sums['sum'].item() / 2, error=-1.)
        return super().compute(sums, protocol)


class TestProtocols:
    """Oracle: values by hand; a sample of ones adds 4."""

    @pytest.mark.parametrize('protocols, scores', [
        (None, {'t/sum': 4}),
        ('house', {'t/sum': 4}),
        (['half'], {'t/sum@half': 2, 't/error@half': -1}),
        (('half', 'house'), {
            't/sum@half': 2, 't/error@half': -1, 't/sum': 4}),
        ('all', {
            't/sum': 4, 't/sum@half': 2, 't/error@half': -1,
            't/sum@none': math.nan}),
    ])
    def test_keys_say_the_protocol(self, protocols, scores):
        metric = TwoWays('t', protocols=protocols)
        metric.process(None, [sample(1)])
        assert metric.evaluate(1) == pytest.approx(scores, nan_ok=True)
        assert {f't/{k}' for k in metric.higher_is_better} == set(scores)
        assert not metric.higher_is_better.get('error@half', False)

    def test_unlabelled_image_counts_once(self):
        metric = TwoWays('t', protocols='all')
        metric.process(None, [sample(1), {}, sample(1)])
        assert len(metric.results) == 3
        scores = metric.evaluate(2)
        assert scores['t/sum'] == 4 and scores['t/sum@half'] == 2

    def test_missing_labels_are_nan_under_every_key(self):
        metric = TwoWays('t', protocols='all')
        metric.process(None, [{}])
        scores = metric.evaluate(1)
        assert {f't/{k}' for k in metric.higher_is_better} == set(scores)
        assert all(map(math.isnan, scores.values()))

    @pytest.mark.parametrize('protocols, fault', [
        ('mtcp', "no 'mtcp'"),
        (['house', 'quarter'], "no 'quarter'"),
        (['half', 'half'], 'twice'),
        ([], 'empty'),
    ])
    def test_wrong_names(self, protocols, fault):
        with pytest.raises(
                ValueError,
                match=rf"TwoWays: .*{fault}.*\['house', 'half', 'none'\]"):
            TwoWays('t', protocols=protocols)
