# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import numpy as np
import pytest
import torch
from sklearn.metrics import jaccard_score

from mtcp_mm.evaluation import MultiTaskEvaluator

TASKS = dict(parts=dict(type='mtcp_mm.HumanPartsTask'))


def evaluate(pairs):
    evaluator = MultiTaskEvaluator(tasks=TASKS)
    for pred, target in pairs:
        fields = dict(pred_parts=pred, gt_parts=target)
        evaluator.process([{
            key: dict(data=torch.from_numpy(data)[None])
            for key, data in fields.items()
        }])
    return evaluator.evaluate(len(pairs))


def images():
    rng = np.random.RandomState(0)
    return [(rng.randint(0, 7, (8, 9)), rng.choice([0, 1, 2, 5, 6, 255],
                                                   (8, 9)))
            for _ in range(3)]


class TestHumanPartsMetric:
    """Oracle: scikit-learn on the images that show somebody."""

    @pytest.mark.parametrize('nobody', [
        np.zeros((4, 5), int),
        np.full((4, 5), 255),
        np.eye(4, 5, dtype=int) * 255,
    ], ids=['background', 'void', 'both'])
    def test_image_without_people_does_not_count(self, nobody):
        """SegmentationMetric would count a background that nobody checked:
        whoever finds the unlabelled people there is punished."""
        pairs = images()
        somewhere = np.full((4, 5), 2)
        pred, target = (
            np.concatenate([p[i][p[1] != 255] for p in pairs]) for i in (0, 1))
        iou = jaccard_score(
            target, pred, labels=np.arange(7), average=None, zero_division=0)
        scores = evaluate([*pairs, (somewhere, nobody)])
        assert scores['parts/mIoU'] == pytest.approx(100 * iou.mean())
        assert scores == evaluate(pairs)

    def test_nobody_anywhere_is_nan(self):
        nobody = np.zeros((4, 5), int)
        scores = evaluate([(nobody, nobody)])
        assert list(scores) == ['parts/mIoU', 'parts/mAcc', 'parts/aAcc']
        assert all(map(math.isnan, scores.values()))
