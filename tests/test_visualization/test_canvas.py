# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest

from mtcp_mm.visualization.canvas import draw_grid, draw_legend, enlarge

RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def plain(colour, height=200, width=300):
    return np.full((height, width, 3), colour, np.uint8)


def box(picture, colour):
    """Rows and columns (top, left, bottom, right) that hold a colour."""
    y, x = np.nonzero((picture == colour).all(-1))
    return (y.min(), x.min(), y.max() + 1, x.max() + 1) if y.size else None


class TestEnlarge:
    """Oracle: `np.kron` with a block of ones."""

    @pytest.mark.parametrize('height, factor', [(1, 200), (99, 3), (100, 2),
                                                (199, 2), (200, 1), (500, 1)])
    def test_smallest_whole_factor(self, height, factor):
        picture = np.random.RandomState(0).randint(0, 256, (height, 3, 3))
        expected = np.kron(picture, np.ones((factor, factor, 1), int))
        np.testing.assert_array_equal(enlarge(picture), expected)


class TestDrawGrid:
    """Oracle: boxes of plain colours, found again in the picture."""

    def test_places_panels_and_leaves_gaps(self):
        picture = draw_grid([[(plain(RED), 'a'), (plain(GREEN), 'b')],
                             [None, (plain(BLUE), 'c')]])
        red, green, blue = (box(picture, c) for c in (RED, GREEN, BLUE))
        for top, left, bottom, right in (red, green, blue):
            assert (bottom - top, right - left) == (200, 300)
        assert red[0] == green[0] and green[3] == blue[3] and red[2] < blue[0]
        assert red[3] < green[1]
        assert picture.dtype == np.uint8
        gap = picture[blue[0]:blue[2], red[1]:red[3]]
        assert (gap == 255).all()

    @pytest.mark.parametrize('height, width', [(200, 4), (200, 300),
                                               (2000, 1500)])
    def test_captions_are_readable(self, height, width):
        """Letters are dark, >= 7 pixels high, and grow with the picture."""
        picture = draw_grid([[(plain(RED, height, width), 'input'),
                              (plain(GREEN, height, width), 'depth: truth')]])
        top = box(picture, RED)[0]
        rows = np.nonzero((picture[:top] < 100).all(-1).any(1))[0]
        assert rows.max() - rows.min() >= max(7, height // 40)
        # the caption of the narrow panel does not run into the next one
        assert picture.shape[1] > 2 * width

    def test_legend_takes_a_gap_of_the_first_column(self):
        rows = [[(plain(RED), 'a'), (plain(RED), 'b')],
                [None, (plain(RED), 'c')]]
        without, picture = draw_grid(rows), draw_grid(rows, [('sky', GREEN)])
        assert without.shape == picture.shape
        assert box(picture, GREEN)[0] > picture.shape[0] // 2
        assert box(picture, GREEN)[3] < picture.shape[1] // 2

    def test_legend_goes_below_if_it_needs_the_room(self):
        rows = [[(plain(RED), 'a'), (plain(RED), 'b')],
                [None, (plain(RED), 'c')]]
        names = [(f'class with a long name {i}', GREEN) for i in range(40)]
        for case in (rows, rows[:1]):
            picture = draw_grid(case, names)
            assert box(picture, GREEN)[0] >= draw_grid(case).shape[0]


def test_legend_has_one_patch_per_entry():
    colours = [RED, GREEN, BLUE]
    picture = draw_legend([(c, c_) for c, c_ in zip('abc', colours)], 60, 16)
    assert picture.shape[1] == 60
    boxes = [box(picture, c) for c in colours]
    assert all(15 <= b[2] - b[0] <= 16 for b in boxes)
    assert boxes == sorted(boxes, key=lambda b: (b[1], b[0]))  # downwards
