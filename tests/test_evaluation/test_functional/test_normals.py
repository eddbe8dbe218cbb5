# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import cv2
import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from mtcp_mm.evaluation.functional import (
    add_sums,
    angular_error,
    histogram_median,
    normals_scores,
    normals_sums,
)


def rotated(angles, seed=0):
    """Random unit vectors (3, N) and the same turned by ``angles``
    degrees about a random axis at a right angle to them."""
    rng = np.random.RandomState(seed)
    target = rng.randn(len(angles), 3)
    target /= np.linalg.norm(target, axis=1, keepdims=True)
    axis = np.cross(target, rng.randn(len(angles), 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    turn = Rotation.from_rotvec(np.deg2rad(angles)[:, None] * axis)
    return torch.from_numpy(turn.apply(target).T), torch.from_numpy(target.T)


class TestAngularError:
    """Oracle: SciPy turns the vectors by a known angle."""

    def test_recovers_angle(self):
        angles = np.array([0, 1e-6, 1e-3, 1, 11.25, 45, 90, 179.999, 180.])
        error = angular_error(*rotated(angles)).numpy()
        np.testing.assert_allclose(error, angles, rtol=0, atol=1e-12)

    def test_length_of_prediction_does_not_matter(self):
        pred, target = rotated(np.linspace(0, 180, 50))
        scale = torch.logspace(-30, 30, 50, dtype=torch.float64)
        np.testing.assert_allclose(
            angular_error(pred * scale, target), np.linspace(0, 180, 50),
            atol=1e-12)

    def test_zero_vector_is_90_degrees_away(self):
        error = angular_error(torch.zeros(3, 1), torch.eye(3)[:, :1])
        assert error.item() == pytest.approx(90)


class TestNormals:
    """Oracle: NumPy in float64 on the known angles of all pixels."""

    @pytest.mark.parametrize('count', [1, 2, 999, 1000])
    def test_scores_match_numpy(self, count):
        angles = np.abs(np.random.RandomState(count).normal(0, 30, count))
        pred, target = (v.view(3, 1, -1) for v in rotated(angles))
        scores = normals_scores(
            add_sums([
                normals_sums(pred[..., part], target[..., part])
                for part in np.array_split(np.arange(count), 3)
            ]))
        assert scores['mean'] == pytest.approx(angles.mean(), rel=1e-9)
        assert scores['rmse'] == pytest.approx(
            np.sqrt(np.mean(angles**2)), rel=1e-9)
        assert abs(scores['median'] - np.median(angles)) < .05
        for limit in (11.25, 22.5, 30):
            assert scores[f'within_{limit}'] == pytest.approx(
                100 * np.mean(angles < limit))

    def test_limits_are_exact(self):
        """1e-6 degrees decide, far less than a bin of the histogram."""
        angles = np.array([11.25 - 1e-6, 11.25 + 1e-6, 30 - 1e-6, 30 + 1e-6])
        pred, target = (v.view(3, 2, 2) for v in rotated(angles))
        scores = normals_scores(normals_sums(pred, target))
        assert scores['within_11.25'] == 25
        assert scores['within_22.5'] == 50
        assert scores['within_30'] == 75

    def test_missing_normals_do_not_count(self):
        pred, target = (v.view(3, 1, 2) for v in rotated(np.array([10., 80])))
        target[..., 1] = 0
        scores = normals_scores(normals_sums(pred, target))
        assert scores['mean'] == pytest.approx(10)

    def test_no_label_is_nan(self):
        scores = normals_scores(
            normals_sums(torch.ones(3, 2, 2), torch.zeros(3, 2, 2)))
        assert all(map(math.isnan, scores.values()))

    def test_nan_prediction_shows(self):
        target = torch.ones(3, 1, 2)
        pred = target.clone()
        pred[0, 0, 0] = math.nan
        scores = normals_scores(normals_sums(pred, target))
        assert math.isnan(scores['mean'])
        assert scores['within_11.25'] == 50

    def test_rejects_other_size(self):
        with pytest.raises(ValueError, match=r'\(3, 2, 3\).*\(3, 4, 6\)'):
            normals_sums(torch.zeros(3, 2, 3), torch.zeros(3, 4, 6))

    def test_rejects_unknown_protocol(self):
        with pytest.raises(ValueError, match="'uint16'.*'float', 'uint8'"):
            normals_sums(torch.ones(3, 1, 1), torch.ones(3, 1, 1), 'uint16')


class TestUint8:
    """Oracle: OpenCV writes and reads the PNG, NumPy takes the arccos, as
    the offline evaluation of MTI-Net and MT-CP does."""

    def test_matches_png_round_trip(self, tmp_path):
        rng = np.random.RandomState(0)
        target = rng.randn(40, 50, 3)
        target /= np.linalg.norm(target, axis=-1, keepdims=True)
        target[rng.rand(40, 50) < .2] = 0
        pred = (target + .3 * rng.randn(40, 50, 3)).astype(np.float32)
        unit = torch.nn.functional.normalize(torch.from_numpy(pred), dim=-1)
        file = str(tmp_path / 'normals.png')
        picture = ((unit + 1) * 255 / 2).numpy().astype(np.uint8)
        cv2.imwrite(file, picture[..., ::-1])
        read = 2. * cv2.imread(file)[..., ::-1].astype(np.float64) / 255 - 1
        read /= np.linalg.norm(read, axis=-1, keepdims=True)
        valid = (target != 0).any(-1)
        angle = np.degrees(
            np.arccos(np.clip((read * target).sum(-1), -1, 1)))[valid]
        scores = normals_scores(
            normals_sums(
                torch.from_numpy(pred).permute(2, 0, 1),
                torch.from_numpy(target).permute(2, 0, 1), 'uint8'))
        assert scores['mean'] == pytest.approx(angle.mean(), abs=1e-5)
        assert scores['rmse'] == pytest.approx(
            np.sqrt(np.mean(angle**2)), abs=1e-5)
        assert scores['within_30'] == pytest.approx(
            100 * np.mean(angle < 30))
        assert abs(scores['median'] - np.median(angle)) < .05

    def test_truncates_instead_of_rounding(self):
        """The error of a right answer, 0.34 degrees on average over the
        sphere (0.17 with rounding): integrated here by NumPy."""
        truth = rotated(np.zeros(20000))[1]
        level = (truth.numpy() + 1) * 127.5
        means = []
        for cut in (np.floor, np.round):
            read = cut(level) / 127.5 - 1
            read /= np.linalg.norm(read, axis=0)
            chord = np.linalg.norm(read - truth.numpy(), axis=0)
            means.append(np.degrees(2 * np.arcsin(chord / 2)).mean())
        field = truth.view(3, 100, 200)
        mean = normals_scores(normals_sums(field, field, 'uint8'))['mean']
        assert mean == pytest.approx(means[0], abs=1e-4)
        assert means[0] > 1.9 * means[1]

    def test_nan_shows(self):
        field = torch.full((3, 1, 1), math.nan)
        sums = normals_sums(field, torch.ones(3, 1, 1), 'uint8')
        assert math.isnan(normals_scores(sums)['mean'])


class TestDenseMTL:
    """Oracle: the formula of its code in NumPy, image by image."""

    def test_matches_formula(self):
        rng = np.random.RandomState(0)
        rows, parts = [], []
        for count in (30, 7):
            target = rng.randn(3, 1, count)
            target /= np.linalg.norm(target, axis=0)
            pred = target + .3 * rng.randn(3, 1, count)  # any length
            target[:, 0, :5] = 0  # missing
            angle = np.degrees(2 * np.arctan2(
                np.linalg.norm(pred - target, axis=0),
                np.linalg.norm(pred + target, axis=0)))[0, 5:]
            lower = np.sort(angle)[(len(angle) - 1) // 2]
            rows.append([angle.mean(), lower, np.mean(angle**2), *(
                100 * np.mean(angle < limit) for limit in (11.25, 22.5, 30))])
            parts.append(normals_sums(
                torch.from_numpy(pred), torch.from_numpy(target), 'densemtl'))
        mean, median, square, *within = np.mean(rows, 0)
        blank = torch.zeros(3, 1, 2)
        parts.append(normals_sums(blank, blank, 'densemtl'))
        assert parts[-1] == {}
        assert normals_scores(add_sums(parts), 'densemtl') == pytest.approx({
            'mean': mean, 'median': median, 'rmse': square**.5,
            'within_11.25': within[0], 'within_22.5': within[1],
            'within_30': within[2]})

    def test_length_counts(self):
        """By hand: the right direction, twice too long, is
        2 atan(1 / 3) = 36.87 degrees off."""
        up = torch.tensor([0., 1., 0.]).view(3, 1, 1)
        found = normals_scores(normals_sums(2 * up, up, 'densemtl'),
                               'densemtl')
        assert found['mean'] == pytest.approx(math.degrees(
            2 * math.atan(1 / 3)))
        assert normals_scores(normals_sums(2 * up, up))['mean'] == 0


class TestHistogramMedian:
    """Oracle: ``np.median`` of the values that were counted."""

    @pytest.mark.parametrize('values', [
        [0], [180], [3.01, 3.04], [10, 80], [1, 2, 100], [5.] * 7,
        np.random.RandomState(0).exponential(8, 12345).clip(0, 180),
        np.random.RandomState(1).uniform(0, 180, 10)
    ], ids=len)
    def test_is_less_than_a_bin_off(self, values):
        hist, _ = np.histogram(values, 3600, (0, 180))
        median = histogram_median(torch.from_numpy(hist))
        assert abs(median - np.median(values)) < .05

    def test_empty_is_nan(self):
        assert math.isnan(histogram_median(torch.zeros(4).long()))
