# Copyright (c) mtcp_mm authors. All rights reserved.
import cv2
import numpy as np
import pytest
from matplotlib import colormaps

from mtcp_mm.tasks.scale import Scale, colour_map, nice_ceiling


@pytest.mark.parametrize('value, ceiling', [
    (0.31, 0.5), (0.5, 0.5), (0.500001, 1), (1, 1), (1.2, 2), (7, 10),
    (0.001, 0.001), (0.0011, 0.002), (1234, 2000), (0, 1), (-3, 1),
    (float('nan'), 1)
])
def test_nice_ceiling(value, ceiling):
    assert nice_ceiling(value) == ceiling


def test_colour_map_is_that_of_matplotlib():
    """Oracle: matplotlib has the same map; the order tells RGB from BGR."""
    expected = colormaps['inferno'](np.arange(256))[:, :3] * 255
    ours = colour_map(cv2.COLORMAP_INFERNO).astype(float)
    assert np.abs(ours - expected).max() < 2


class TestScale:
    """Oracle: three colours, numbers by hand."""
    scale = Scale(
        2., 6., np.array([[9, 0, 0], [0, 9, 0], [0, 0, 9]], np.uint8),
        void=(1, 2, 3))

    def test_paints_nearest_colour_clips_and_marks_nan(self):
        values = np.array([[2, 2.9, 3.1, 4, 6], [1, 99, np.nan, 4.9, 5.1]])
        index = np.array([[0, 0, 1, 1, 2], [0, 2, 3, 1, 2]])
        table = np.array([[9, 0, 0], [0, 9, 0], [0, 0, 9], [1, 2, 3]])
        picture = self.scale.paint(values)
        np.testing.assert_array_equal(picture, table[index])
        assert picture.dtype == np.uint8

    def test_entries_name_void_too(self):
        assert self.scale.entries() == []
        named = Scale(0., 1., self.scale.colours[:2], names=('right', 'wrong'))
        assert named.entries() == [('right', (9, 0, 0)), ('wrong', (0, 9, 0)),
                                   ('no label', (0, 0, 0))]
