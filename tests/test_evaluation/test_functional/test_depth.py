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

    @pytest.mark.parametrize('far', [10., 200.])
    def test_clamped_scores(self, far):
        pixels = [[x[(t > 0) & (t < 80)].astype(np.float64) for x in (p, t)]
                  for p, t in images(far)]
        pred, true = map(np.concatenate, zip(*pixels))
        assert scores(images(far), 'clamped') == pytest.approx(
            oracle(np.clip(pred, 1e-3, 80), true), rel=1e-12)

    @pytest.mark.parametrize('protocol, shift', [
        ('clamped_images', 0), ('median_scaled', 0), ('densemtl', .99)])
    @pytest.mark.parametrize('far', [10., 200.])
    def test_images_weigh_the_same(self, protocol, shift, far):
        """The root last: of the mean over images of their mean squares."""
        rows = []
        for pred, true in images(far):
            pred, true = pred - np.float64(shift), true - np.float64(shift)
            valid = (true > 1e-3) & (true < 80)
            pred, true = pred[valid], true[valid]
            if protocol == 'median_scaled':
                lower = [np.sort(x)[(len(x) - 1) // 2] for x in (true, pred)]
                pred = pred * lower[0] / lower[1]
            row = oracle(np.clip(pred, 1e-3, 80), true)
            rows.append({k: v**2 if 'rmse' in k else v
                         for k, v in row.items()})
        means = {k: np.mean([r[k] for r in rows]) for k in rows[0]}
        blank = np.ones((1, 3, 3)), np.zeros((1, 3, 3))
        assert scores([*images(far), blank], protocol) == pytest.approx(
            {k: v**.5 if 'rmse' in k else v
             for k, v in means.items()}, rel=1e-9)

    def test_root_is_taken_last(self):
        """By hand: errors 3 | 0, 0, 0: sqrt((9 + 0) / 2)."""
        pairs = [(np.float32([[[4.]]]), np.float32([[[1.]]])),
                 (np.float32([[[1., 2., 3.]]]), np.float32([[[1., 2., 3.]]]))]
        assert scores(pairs, 'clamped_images')['rmse'] == 4.5**.5
        assert scores(pairs, 'clamped')['rmse'] == 1.5
        assert scores(pairs, 'per_image')['rmse'] == 1.5

    def test_metres_of_the_released_code(self):
        """By hand: 655.36 / d - 1 of d = 65536 / (100 m + 1), for label and
        prediction; from .991 m on, 80.5 m are inside, 81 m are not."""
        true = np.array([[[.5, 2., 4., 80.5, 81.]]])
        pred = np.array([[[.5, 3., .5, 90., 81.]]])
        code = [655.36 / (65536 / (100 * x + 1)) - 1 for x in (true, pred)]
        np.testing.assert_allclose(code[0], true - .99)
        found = scores([(pred, true)], 'densemtl')
        # 1.01 | 2.01, 3.01 | 1 mm, 79.51 | 80 m
        assert found['rmse'] == pytest.approx(
            ((1 + 3.009**2 + .49**2) / 3)**.5)
        assert found['abs_rel'] == pytest.approx(
            (1 / 1.01 + 3.009 / 3.01 + .49 / 79.51) / 3)
        assert found['delta1'] == pytest.approx(1 / 3)

    def test_median_scaling_forgives_the_scale(self):
        """By hand: halves become right; what is nowhere near does not."""
        true = np.array([[[2., 4., 6., 0.]]])
        found = scores([(true / 2, true)], 'median_scaled')
        assert found['rmse'] == 0 and found['delta1'] == 1
        nothing = scores([(0 * true, true)], 'median_scaled')
        assert nothing['mae'] == pytest.approx(4 - 1e-3)

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
        by_hand = dict(
            median_scaled=(0 + 1 / 3) / 2,  # both are 2 then
            densemtl=(.1 / 1.01 + .9 / 2.01) / 2)
        assert found['abs_rel'] == pytest.approx(
            by_hand.get(protocol, (.05 + .3) / 2))

    def test_small_error_of_large_sum_survives(self):
        """A float32 sum over a million pixels would lose it."""
        target = torch.full((1, 1000, 1000), 10.)
        pred = target + 2**-10
        assert depth_scores(depth_sums(pred, target))['rmse'] == 2**-10

    @pytest.mark.parametrize('protocol',
                             ['pooled', 'mtcp', 'range', 'clamped'])
    def test_no_label_is_nan(self, protocol):
        out = depth_scores(sums([[[2.]]], [[[0.]]], protocol), protocol)
        assert all(map(math.isnan, out.values()))

    @pytest.mark.parametrize('protocol', [
        'per_image', 'clamped_images', 'median_scaled', 'densemtl'])
    def test_image_without_label_is_no_image(self, protocol):
        assert sums([[[2.]]], [[[0.]]], protocol) == {}

    @pytest.mark.parametrize('protocol', PROTOCOLS)
    def test_nan_prediction_shows(self, protocol):
        out = sums([[[math.nan, 1.]]], [[[1., 1.]]], protocol)
        out = depth_scores(out, protocol)
        assert math.isnan(out['rmse']) and math.isnan(out['rmse_log'])
        assert out['delta1'] == 0.5

    def test_rejects_other_size(self):
        with pytest.raises(ValueError, match=r'\(1, 2, 3\).*\(1, 4, 6\)'):
            depth_sums(torch.zeros(1, 2, 3), torch.zeros(1, 4, 6))
