# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import numpy as np
import pytest
import torch
from sklearn.metrics import (
    mean_absolute_error,
    mean_absolute_percentage_error,
    root_mean_squared_error,
)

from mtcp_mm.evaluation.functional import add_sums, depth_scores, depth_sums


def sums(pred, target):
    return depth_sums(torch.as_tensor(pred), torch.as_tensor(target))


class TestDepth:
    """Oracle: scikit-learn in float64 on the labelled pixels of all
    images."""

    def test_scores_match_sklearn(self):
        rng = np.random.RandomState(0)
        pairs = []
        for size in [(1, 5, 7), (1, 30, 2), (1, 1, 1)]:
            target = rng.uniform(.3, 10, size).astype(np.float32)
            target[rng.rand(*size) < .3] = 0
            pairs.append((rng.uniform(0, 11, size).astype(np.float32), target))
        scores = depth_scores(add_sums([sums(*pair) for pair in pairs]))
        pred = np.concatenate([p[t > 0] for p, t in pairs]).astype(np.float64)
        true = np.concatenate([t[t > 0] for _, t in pairs]).astype(np.float64)
        assert scores == pytest.approx(
            dict(
                rmse=root_mean_squared_error(true, pred),
                mae=mean_absolute_error(true, pred),
                abs_rel=mean_absolute_percentage_error(true, pred)),
            rel=1e-12)

    def test_pools_pixels_not_images(self):
        """By hand: errors 3 | 0, 0, 0: sqrt(9 / 4), not (3 + 0) / 2."""
        one = sums([[[4.]]], [[[1.]]])
        three = sums([[[1., 2., 3.]]], [[[1., 2., 3.]]])
        assert depth_scores(add_sums([one, three]))['rmse'] == 1.5

    def test_missing_depth_does_not_count(self):
        scores = depth_scores(sums([[[2., 50.]]], [[[1., 0.]]]))
        assert scores == dict(rmse=1, mae=1, abs_rel=1)

    def test_small_error_of_large_sum_survives(self):
        """A float32 sum over a million pixels would lose it."""
        target = torch.full((1, 1000, 1000), 10.)
        pred = target + 2**-10
        assert depth_scores(depth_sums(pred, target))['rmse'] == 2**-10

    def test_no_label_is_nan(self):
        scores = depth_scores(sums([[[2.]]], [[[0.]]]))
        assert all(map(math.isnan, scores.values()))

    def test_nan_prediction_shows(self):
        scores = depth_scores(sums([[[math.nan, 1.]]], [[[1., 1.]]]))
        assert math.isnan(scores['rmse'])

    def test_rejects_other_size(self):
        with pytest.raises(ValueError, match=r'\(1, 2, 3\).*\(1, 4, 6\)'):
            depth_sums(torch.zeros(1, 2, 3), torch.zeros(1, 4, 6))
