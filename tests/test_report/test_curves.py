# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: where the points of a line have to lie, by proportion."""
import math
import re
import xml.etree.ElementTree as ElementTree

import pytest

from mtcp_mm.report.curves import Chart, Line, draw

SVG = '{http://www.w3.org/2000/svg}'


def points_of(text):
    circles = ElementTree.fromstring(text).iter(SVG + 'circle')
    return [(float(c.get('cx')), float(c.get('cy'))) for c in circles]


def texts_of(text):
    return [''.join(t.itertext())
            for t in ElementTree.fromstring(text).iter(SVG + 'text')]


class TestDraw:

    def test_linear_axes(self):
        line = Line('a', [0, 1, 4], [5., 1., 9.])
        (x0, y0), (x1, y1), (x2, y2) = points_of(
            draw(Chart('t', 'epoch', [line]), '#fff'))
        assert (x1 - x0) / (x2 - x0) == pytest.approx(1 / 4, abs=1e-3)
        assert (y0 - y2) / (y1 - y2) == pytest.approx(1 / 2, abs=1e-3)
        assert y2 < y0 < y1  # larger values lie higher

    def test_logarithmic_axis(self):
        line = Line('a', [0, 1, 2], [1., 10., 100.])
        ys = [y for _, y in points_of(
            draw(Chart('t', 'epoch', [line], log=True), '#fff'))]
        assert ys[0] - ys[1] == pytest.approx(ys[1] - ys[2], abs=.2)

    def test_values_of_zero_keep_the_axis_linear(self):
        line = Line('a', [0, 1, 2], [0., 10., 20.])
        ys = [y for _, y in points_of(
            draw(Chart('t', 'epoch', [line], log=True), '#fff'))]
        assert ys[0] - ys[1] == pytest.approx(ys[1] - ys[2], abs=.2)

    @pytest.mark.parametrize('y', [[3.], [2., 2.], [1e-7, 2e-7], [1e6, -1e6]])
    def test_ticks_lie_on_the_axis(self, y):
        text = draw(Chart('t', 'x', [Line('a', list(range(len(y))), y)]))
        heights = [float(v) for v in re.findall(r'M54 ([\d.]+)H', text)]
        assert heights and all(28 <= h <= 168 for h in heights)
        assert not math.isnan(sum(heights))

    def test_names_are_escaped_and_told(self):
        lines = [Line('<a&b>', [1, 2], [1., 2.]), Line('c', [1], [4.]),
                 Line('empty', [], [])]
        text = draw(Chart('a < b', 'epoch', lines, level=1.), '#fff')
        assert {'a < b', 'epoch', '<a&b>', 'c'} <= set(texts_of(text))
        assert 'empty' not in texts_of(text)
        label = ElementTree.fromstring(text).get('aria-label')
        assert '<a&b> from 1 to 2; c from 4 to 4' in label

    def test_long_names_lose_their_middle(self):
        name = 'first' + 'x' * 90 + 'last'
        text = draw(Chart(name, 'epoch', [Line(name, [1], [1.])]), '#fff')
        long = [t for t in texts_of(text) if 'x' in t]
        assert len(long) == 2 and max(map(len, long)) < 45
        for part in long:
            assert part.startswith('first') and part.endswith('last')

    def test_epochs_are_whole(self):
        text = draw(Chart('t', 'epoch', [Line('a', [1, 2], [5., 6.])]), '#fff')
        ticks = [t for t in texts_of(text) if re.fullmatch(r'[\d.]+', t)]
        assert '1.5' not in ticks

    def test_many_lines_get_more_room(self):
        lines = [Line(f'a long name of run {i}', [0, 1], [1., i])
                 for i in range(9)]
        root = ElementTree.fromstring(draw(Chart('t', 'x', lines), '#fff'))
        _, _, _, height = map(float, root.get('viewBox').split())
        lowest = max(float(t.get('y')) for t in root.iter(SVG + 'text'))
        assert lowest < height
