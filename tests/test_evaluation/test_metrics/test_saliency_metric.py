# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import pytest
import torch

from mtcp_mm.evaluation import MultiTaskEvaluator, SaliencyMetric


def sample(pred, target):
    return dict(
        pred_sal=dict(data=torch.tensor([[pred]])),
        gt_sal=dict(data=torch.tensor([[target]]).float()))


#: By hand. First image: .8 and .6 pass .5, one rightly. Second: .3 is right.
SAMPLES = [sample([.8, .6, .1], [1, 0, 0]), sample([.3, .1, .1], [1, 0, 255])]


class TestSaliencyMetric:
    """Oracle: by hand.

    Pixels of the set: at .3 two of three marked are right and nothing is
    missed, F = 1.3 * 2/3 / (.3 * 2/3 + 1); at .8 the one marked is right and
    one of two is missed: F = 1.3 * .5 / (.3 + .5) = .8125, the best. Images:
    at .25 precisions are 1/2 and 1, recalls 1 and 1, F = 1.5 / 1.75. Mean IoU
    at .25: (1/2 + 1) / 2.
    """

    def test_house_protocol_has_no_suffix(self):
        metric = SaliencyMetric('sal')
        metric.process(None, SAMPLES)
        assert metric.evaluate(2) == pytest.approx({
            'sal/maxF': 81.25,
            'sal/mIoU': 75
        })

    def test_all_protocols_in_one_pass(self):
        metric = SaliencyMetric('sal', protocols='all')
        metric.process(None, SAMPLES)
        scores = metric.evaluate(2)
        # thresholds of .2, .41, .62, .85: at .2 and .62 as .3 and .8 above
        assert scores == pytest.approx({
            'sal/maxF': 81.25,
            'sal/mIoU': 75,
            'sal/maxF@per_image_f1': 100 * 1.5 / 1.75,
            'sal/mIoU@per_image_f1': 75,
            'sal/maxF@double_sigmoid': 81.25
        })
        assert {f'sal/{k}': True
                for k in metric.higher_is_better
                } == dict.fromkeys(scores, True)

    @pytest.mark.parametrize('batches', [[[0, 1]], [[1], [0]]])
    def test_batches_and_order_do_not_matter(self, batches):
        metric = SaliencyMetric('sal', protocols=['per_image_f1'])
        for batch in batches:
            metric.process(None, [SAMPLES[i] for i in batch])
        scores = metric.evaluate(2)
        assert scores['sal/maxF@per_image_f1'] == pytest.approx(150 / 1.75)

    def test_no_label_is_nan(self):
        metric = SaliencyMetric('sal', protocols='all')
        void = sample([.3, .6], [255, 255])
        metric.process(None, [void, dict()])
        scores = metric.evaluate(2)
        assert len(scores) == 5 and all(map(math.isnan, scores.values()))

    def test_task_brings_its_metric(self):
        evaluator = MultiTaskEvaluator(
            tasks=dict(
                sal=dict(
                    type='mtcp_mm.SaliencyTask',
                    metric=dict(
                        type='mtcp_mm.SaliencyMetric',
                        protocols=['double_sigmoid', 'dataset_f03']))))
        assert evaluator.higher_is_better == {
            'sal/maxF@double_sigmoid': True,
            'sal/maxF': True,
            'sal/mIoU': True
        }

    def test_unknown_protocol(self):
        with pytest.raises(ValueError, match="'f1'.*dataset_f03"):
            SaliencyMetric('sal', protocols='f1')
