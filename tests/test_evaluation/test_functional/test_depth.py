# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import numpy as np
import pytest
import torch
from sklearn.metrics import (
    mean_absolute_error,
    mean_absolute_percentage_error,
    root_mean_squared_error,
    root_mean_squared_log_error,
)

from mtcp_mm.evaluation.functional import add_sums, depth_scores, depth_sums
from mtcp_mm.evaluation.functional.depth import PROTOCOLS


def sums(pred, target, protocol='pooled'):
    return depth_sums(torch.as_tensor(pred), torch.as_tensor(target), protocol)


def images(far=10.):
    """Maps of three sizes, 30 % without label, some predictions <= 0."""
    rng = np.random.RandomState(0)
    for size in [(1, 5, 7), (1, 30, 2), (1, 1, 1)]:
        target = rng.uniform(.3, far, size).astype(np.float32)
        target[rng.rand(*size) < .3] = 0
        target[..., 0] = 1.5
        yield rng.uniform(-.1, 1.1 * far, size).astype(np.float32), target


def oracle(pred, true):
    """Scores of pixels (N, ) in float64, by scikit-learn and NumPy."""
    positive = np.maximum(pred, 1e-9)
    factor = np.maximum(positive / true, true / positive)
    return dict(
        rmse=root_mean_squared_error(true, pred),
        mae=mean_absolute_error(true, pred),
        abs_rel=mean_absolute_percentage_error(true, pred),
        sq_rel=np.mean((pred - true)**2 / true),
        # scikit-learn takes log(1 + x)
        rmse_log=root_mean_squared_log_error(true - 1, positive - 1),
        **{f'delta{i}': np.mean(factor < 1.25**i) for i in (1, 2, 3)})


def scores(pairs, protocol):
    return depth_scores(
        add_sums([sums(*pair, protocol) for pair in pairs]), protocol)


class TestDepth:
    """Oracle: scikit-learn and NumPy in float64 on the pixels that count."""

    @pytest.mark.parametrize('protocol, far, limit', [
        ('pooled', 10., np.inf),
        ('pooled', 200., np.inf),
        ('mtcp', 10., 6.5535),
        ('range', 10., np.inf),
        ('range', 200., 80.),
    ])
    def test_pooled_scores(self, protocol, far, limit):
        pixels = [[
            x[(t > 0) & (t < limit)].astype(np.float64) for x in (p, t)
        ] for p, t in images(far)]
        expected = oracle(*map(np.concatenate, zip(*pixels)))
        assert scores(images(far), protocol) == pytest.approx(
            expected, rel=1e-12)

    def test_per_image_scores(self):
        rows = [
            oracle(p[t > 0].astype(np.float64), t[t > 0].astype(np.float64))
            for p, t in images()
        ]
        blank = np.ones((1, 3, 3)), np.zeros((1, 3, 3))
        assert scores([*images(), blank], 'per_image') == pytest.approx(
            {k: np.mean([r[k] for r in rows])
             for k in rows[0]}, rel=1e-12)

    def test_limits_are_open(self):
        """By hand: 80 m and 1.25 times are outside, a bit less is not."""
        target = torch.tensor([80., np.nextafter(np.float32(80), 0), 2., 2.])
        pred = target.clone()
        pred[2:] = torch.tensor([2.5, np.nextafter(np.float32(2.5), 0)])
        out = depth_sums(pred, target, 'range')
        assert out['count'] == 3
        assert out['within'].tolist() == [2, 3, 3]

    def test_pools_pixels_not_images(self):
        """By hand: errors 3 | 0, 0, 0: sqrt(9 / 4), not (3 + 0) / 2."""
        one = sums([[[4.]]], [[[1.]]])
        three = sums([[[1., 2., 3.]]], [[[1., 2., 3.]]])
        assert depth_scores(add_sums([one, three]))['rmse'] == 1.5

    def test_missing_depth_does_not_count(self):
        out = sums([[[2., 50.]]], [[[1., 0.]]])
        assert out['count'] == 1 and out['abs'] == 1

    @pytest.mark.parametrize('protocol', PROTOCOLS)
    @pytest.mark.parametrize('near', [1e-40, 1e-9, .00099])
    def test_no_pixel_next_to_the_lens(self, protocol, near):
        """Oracle: the same image with that pixel missing."""
        pred, true = torch.full((3, ), 2.1), torch.tensor([2., near, 3.])
        found = depth_scores(sums(pred, true, protocol), protocol)
        expected = depth_scores(
            sums(pred, true * torch.tensor([1, 0, 1]), protocol), protocol)
        assert found == expected
        assert found['abs_rel'] == pytest.approx((.05 + .3) / 2)

    def test_small_error_of_large_sum_survives(self):
        """A float32 sum over a million pixels would lose it."""
        target = torch.full((1, 1000, 1000), 10.)
        pred = target + 2**-10
        assert depth_scores(depth_sums(pred, target))['rmse'] == 2**-10

    @pytest.mark.parametrize('protocol', ['pooled', 'mtcp', 'range'])
    def test_no_label_is_nan(self, protocol):
        out = depth_scores(sums([[[2.]]], [[[0.]]], protocol), protocol)
        assert all(map(math.isnan, out.values()))

    def test_image_without_label_is_no_image(self):
        assert sums([[[2.]]], [[[0.]]], 'per_image') == {}

    @pytest.mark.parametrize('protocol', PROTOCOLS)
    def test_nan_prediction_shows(self, protocol):
        out = sums([[[math.nan, 1.]]], [[[1., 1.]]], protocol)
        out = depth_scores(out, protocol)
        assert math.isnan(out['rmse']) and math.isnan(out['rmse_log'])
        assert out['delta1'] == 0.5

    def test_rejects_other_size(self):
        with pytest.raises(ValueError, match=r'\(1, 2, 3\).*\(1, 4, 6\)'):
            depth_sums(torch.zeros(1, 2, 3), torch.zeros(1, 4, 6))
