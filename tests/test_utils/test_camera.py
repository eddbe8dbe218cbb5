# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest

from mtcp_mm.utils.camera import Camera, is_copy


class TestCamera:
    """Oracle: where the corners and the middle of an image go, by hand."""

    @pytest.mark.parametrize('first, centre', [(0, 7.5), (1, 8.5), (.5, 8)])
    def test_the_middle_stays_in_the_middle(self, first, centre):
        """16 pixels have their middle between the 8th and the 9th; of 8 it
        is between the 4th and the 5th, so 3.5 counted from 0."""
        camera = Camera(100, 100, centre, centre, first, (16, 16))
        half = camera.of_copy(8, 8)
        assert (half.fx, half.fy, half.size) == (50, 50, (8, 8))
        np.testing.assert_allclose(
            half.matrix, [[50, 0, 3.5], [0, 50, 3.5], [0, 0, 1]])
        assert half.of_copy(16, 16) == camera

    def test_sides_may_be_rounded(self):
        camera = Camera(725., 725., 620.5, 187., size=(375, 1242))
        copy = camera.of_copy(94, 310)
        assert copy.fx == pytest.approx(725 * 310 / 1242)
        assert copy.fy == pytest.approx(725 * 94 / 375)

    @pytest.mark.parametrize('size, expected', [
        ((188, 621), True), ((187, 621), True), ((94, 310), True),
        ((185, 621), False), ((320, 1024), False), ((375, 1240), True)])
    def test_a_pixel_of_rounding(self, size, expected):
        """375x1242 to half of it: 187.5x621."""
        assert is_copy(size, (375, 1242)) is expected

    def test_another_shape_is_no_copy(self):
        camera = Camera(100, 100, 10, 10, size=(100, 200))
        with pytest.raises(ValueError, match=r'\(100, 200\).*\(100, 150\)'):
            camera.of_copy(100, 150)
