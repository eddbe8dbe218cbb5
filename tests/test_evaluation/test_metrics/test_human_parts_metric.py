# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import numpy as np
import pytest
import torch
from sklearn.metrics import jaccard_score

from mtcp_mm.evaluation import MultiTaskEvaluator

TASKS = dict(parts=dict(type='mtcp_mm.HumanPartsTask'))


def evaluate(pairs, **kwargs):
    evaluator = MultiTaskEvaluator(tasks=TASKS, **kwargs)
    for pred, target in pairs:
        fields = dict(pred_parts=pred, gt_parts=target)
        evaluator.process([{
            key: dict(data=torch.from_numpy(data)[None])
            for key, data in dict(fields, pred_parts_input=pred).items()
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

    def test_mtcp_leaves_out_what_mti_net_does(self):
        """By hand, after `eval_human_parts` of MTI-Net: a label of 0 or void
        alone is left out, one of both is scored where it is known."""
        seen = np.array([[0, 1, 1, 2]])
        pairs = [
            (seen, np.array([[0, 1, 2, 255]])),  # hits: 1, 1, 0
            (seen, np.zeros((1, 4), int)),
            (seen, np.full((1, 4), 255)),
            (seen, np.array([[0, 0, 255, 255]])),  # one more hit of class 0
        ]
        scores = evaluate(pairs, protocols=dict(parts=['logits', 'mtcp']))
        # logits: classes 0, 1, 2 of the first image
        assert scores['parts/mIoU'] == pytest.approx(100 * (1 + 1 / 2) / 3)
        # mtcp: 2 of 3 pixels of 0 and 1 of 3 of 1, means of 7
        assert scores['parts/mIoU@mtcp'] == pytest.approx(
            100 * (2 / 3 + 1 / 3) / 7)

    def test_nobody_anywhere_is_nan(self):
        nobody = np.zeros((4, 5), int)
        scores = evaluate([(nobody, nobody)])
        assert list(scores) == ['parts/mIoU', 'parts/mAcc', 'parts/aAcc']
        assert all(map(math.isnan, scores.values()))
