# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest

from mtcp_mm.evaluation.edges import (
    boundary_map,
    edge_orientation,
    suppress_non_maxima,
)
from .. import edge_oracle


def ridge(angle, size=41):
    """A blurred line through the centre whose normal has this angle."""
    y, x = np.mgrid[:size, :size] - size // 2
    across = x * np.cos(angle) + y * np.sin(angle)
    return np.exp(-across**2 / 8).astype(np.float32)


class TestOrientation:
    """Oracle: the angle by which the line was drawn, its slope squared: the
    ratio of the second derivatives of a straight ridge."""

    @pytest.mark.parametrize('degrees', [0, 20, 45, 70, 88, 110, 135, 160])
    def test_lines(self, degrees):
        found = edge_orientation(ridge(np.radians(degrees)))[20, 20]
        slope = np.tan(np.radians(degrees))
        away = np.degrees(found) - np.degrees(np.arctan(slope * abs(slope)))
        assert abs((away + 90) % 180 - 90) < 1

    def test_matches_dense_convolution(self):
        image = np.random.RandomState(0).rand(12, 17).astype(np.float32)
        np.testing.assert_allclose(
            edge_orientation(image), edge_oracle.orientation(image), rtol=1e-9)


class TestSuppressNonMaxima:
    """Oracle: one pixel after the other, in float64."""

    @pytest.mark.parametrize('radius', [1, 4])
    @pytest.mark.parametrize('size', [(16, 19), (7, 4)])
    def test_random_maps(self, radius, size):
        rng = np.random.RandomState(radius)
        image = rng.rand(*size).astype(np.float32) * (rng.rand(*size) < .8)
        angle = rng.rand(*size) * np.pi
        expected = edge_oracle.suppressed(image.astype(float), angle, radius)
        assert 0 < np.count_nonzero(expected) < np.count_nonzero(image)
        np.testing.assert_allclose(
            suppress_non_maxima(image, angle, radius), expected, atol=1e-6)

    def test_keeps_the_crest(self):
        line = ridge(0)
        kept = suppress_non_maxima(line, edge_orientation(line), radius=1)
        assert kept[5:-5, 20] == pytest.approx(1)
        assert not np.delete(kept, 20, axis=1).any()


class TestBoundaryMap:
    """Oracle: a loop over pixels; and by hand."""

    def test_random_map(self):
        region = np.random.RandomState(0).randint(0, 2, (9, 7))
        np.testing.assert_array_equal(
            boundary_map(region), edge_oracle.boundaries(region))

    def test_line_becomes_two_wide(self):
        line = np.zeros((3, 5), int)
        line[:, 2] = 1
        assert boundary_map(line).tolist() == [[0, 1, 1, 0, 0]] * 3
