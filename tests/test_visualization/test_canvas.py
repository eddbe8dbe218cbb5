# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest

from mtcp_mm.tasks.scale import Scale
from mtcp_mm.visualization.canvas import (
    draw_grid,
    draw_legend,
    draw_scale,
    enlarge,
    shrink,
)

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
        np.testing.assert_array_equal(enlarge(picture, 200, 999), expected)


    @pytest.mark.parametrize('size, factor', [((10, 100), 6), ((10, 10), 20),
                                              ((10, 700), 1)])
    def test_stops_at_longest_side(self, size, factor):
        picture = np.zeros((*size, 3), np.uint8)
        assert enlarge(picture, 200, 640).shape[0] == size[0] * factor


class TestShrink:
    """Oracle: means of blocks."""

    def test_averages_blocks(self):
        picture = np.random.RandomState(0).randint(0, 256, (40, 80, 3))
        expected = picture.reshape(10, 4, 20, 4, 3).mean((1, 3))
        ours = shrink(picture.astype(np.uint8), 20)
        assert np.abs(ours - expected).max() <= .5

    @pytest.mark.parametrize('size, expected', [((20, 5), (20, 5)),
                                                ((1, 900), (1, 20)),
                                                ((30, 15), (20, 10))])
    def test_longer_side(self, size, expected):
        assert shrink(plain(RED, *size), 20).shape[:2] == expected

    def test_any_length(self):
        picture = plain(RED, 3, 9000)
        assert shrink(picture, None) is picture


class TestDrawScale:
    """Oracle: a bar of two colours; ink where numbers have to be."""
    bar = Scale(0., 4., np.array([RED, BLUE], np.uint8), ' m')

    def ink(self, picture):
        """Columns below the bar that hold letters."""
        below = picture[box(picture, RED)[2] + 2:]
        return np.nonzero((below < 128).all(-1).any(0))[0]

    def test_bar_runs_from_low_to_high(self):
        picture = draw_scale(self.bar, 300, 16)
        red, blue = box(picture, RED), box(picture, BLUE)
        assert (red[1], red[3], blue[1], blue[3]) == (1, 150, 150, 299)

    def test_numbers_are_at_both_ends_and_in_the_middle(self):
        columns = self.ink(draw_scale(self.bar, 300, 16))
        assert columns.min() < 5 and columns.max() > 290
        assert ((columns > 140) & (columns < 160)).any()
        assert 20 < np.diff(columns).max()

    @pytest.mark.parametrize('width', [70, 85, 100, 120])
    def test_numbers_do_not_touch(self, width):
        """The middle one gives way."""
        scale = Scale(0.125, 1.25, self.bar.colours, ' m')
        gaps = np.diff(self.ink(draw_scale(scale, width, 13)))
        assert (gaps > 4).sum() >= 1  # letters of one number are closer

    def test_names_are_patches(self):
        scale = Scale(0., 1., self.bar.colours, names=('right', 'wrong'))
        picture = draw_scale(scale, 300, 16)
        red, blue = box(picture, RED), box(picture, BLUE)
        assert red[3] < blue[1] and red[3] - red[1] <= 16
        assert red[0] == blue[0]
        narrow = draw_scale(scale, 90, 16)  # goes on in the next line
        assert box(narrow, RED)[2] < box(narrow, BLUE)[0]


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

    def test_bars_are_below_their_panels(self):
        scale = Scale(0., 4., np.array([BLUE, BLUE], np.uint8), ' m')
        picture = draw_grid([[(plain(RED), 'a'), (plain(GREEN), 'b', scale)],
                             [None, (plain(RED), 'c')]])
        red, green, bar = (box(picture, c) for c in (RED, GREEN, BLUE))
        assert bar[0] > green[2] and green[1] <= bar[1] and bar[3] <= green[3]
        second = box(picture[bar[2]:], RED)
        assert second is not None and second[0] > 13  # its caption, numbers

    def test_legend_goes_below_if_it_needs_the_room(self):
        rows = [[(plain(RED), 'a'), (plain(RED), 'b')],
                [None, (plain(RED), 'c')]]
        names = [(f'class with a long name {i}', GREEN) for i in range(40)]
        for case in (rows, rows[:1]):
            picture = draw_grid(case, names)
            assert box(picture, GREEN)[0] >= draw_grid(case).shape[0]


def test_every_heading_is_above_its_block():
    entries = [('a', None), ('b', RED), ('c', RED), ('d', None), ('e', GREEN)]
    picture = draw_legend(entries, 400, 16)
    red, green = box(picture, RED), box(picture, GREEN)
    assert red[3] - red[1] > 30  # side by side
    assert red[0] >= 24 and green[0] - red[0] == 48  # two lines below
    for top in (0, 48):
        heading = picture[top:top + 24]
        assert (heading < 100).all(-1).any()
        assert not box(heading, RED) and not box(heading, GREEN)


def test_legend_has_one_patch_per_entry():
    colours = [RED, GREEN, BLUE]
    picture = draw_legend([(c, c_) for c, c_ in zip('abc', colours)], 60, 16)
    assert picture.shape[1] == 60
    boxes = [box(picture, c) for c in colours]
    assert all(15 <= b[2] - b[0] <= 16 for b in boxes)
    assert boxes == sorted(boxes, key=lambda b: (b[1], b[0]))  # downwards
