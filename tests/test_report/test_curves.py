# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: where the points of a line have to lie, by proportion."""
import re
import xml.etree.ElementTree as ElementTree

import pytest

from mtcp_mm.report.curves import Chart, Line, draw


def points_of(text, line=0):
    root = ElementTree.fromstring(text)
    marks = root.findall(f".//*[@id='chart-data_{line}']//{{*}}use")
    return [(float(m.get('x')), float(m.get('y'))) for m in marks]


def texts_of(text):
    return [''.join(t.itertext())
            for t in ElementTree.fromstring(text).iterfind('.//{*}text')]


class TestDraw:

    def test_linear_axes(self):
        line = Line('a', [0, 1, 4], [5., 1., 9.])
        (x0, y0), (x1, y1), (x2, y2) = points_of(
            draw(Chart('t', 'epoch', [line])))
        assert (x1 - x0) / (x2 - x0) == pytest.approx(1 / 4, abs=1e-3)
        assert (y0 - y2) / (y1 - y2) == pytest.approx(1 / 2, abs=1e-3)
        assert y2 < y0 < y1  # larger values lie higher

    @pytest.mark.parametrize('y', [[1., 10., 100.], [0., 10., 20.]])
    def test_logarithmic_axis(self, y):
        """Values of zero keep it linear."""
        chart = Chart('t', 'epoch', [Line('a', [0, 1, 2], y)], log=True)
        ys = [y for _, y in points_of(draw(chart))]
        assert ys[0] - ys[1] == pytest.approx(ys[1] - ys[2], abs=.2)

    @pytest.mark.parametrize('log', [False, True])
    @pytest.mark.parametrize('y', [[3.], [2., 2.], [1e-7, 2e-7], [1e-9, 1e6],
                                   [1e6, -1e6], [.301, .302], [2., 150.]])
    def test_ticks_lie_on_the_axis(self, y, log):
        x = list(range(1, len(y) + 1))
        text = draw(Chart('t', 'x', [Line('a', x, y)], log=log))
        root = ElementTree.fromstring(text)
        across, *_ = root.findall(".//*[@id='chart-matplotlib.axis_1']")
        up, = root.findall(".//*[@id='chart-matplotlib.axis_2']")
        heights = sorted(float(t.get('y'))
                         for t in up.iterfind('.//{*}text'))
        assert 2 <= len(heights) <= 8
        gaps = [b - a for a, b in zip(heights, heights[1:])]
        assert min(gaps) > 12 and heights[0] > 20 and heights[-1] < 180
        *ticks, label = across.iterfind('.//{*}text')
        assert {t.text for t in ticks} == {str(i) for i in x}  # whole epochs
        assert label.text == 'x'

    def test_names_are_escaped_and_told(self):
        lines = [Line('<a&b>', [1, 2], [1., 2.]), Line('_c$d$', [1], [4.]),
                 Line('empty', [], [])]
        text = draw(Chart('a < b', 'epoch', lines, level=1.))
        assert {'a < b', 'epoch', '<a&b>', '_c$d$'} <= set(texts_of(text))
        assert 'empty' not in texts_of(text)
        root = ElementTree.fromstring(text)
        label = root.get('aria-label')
        assert '<a&b> from 1 to 2; _c$d$ from 4 to 4' in label
        assert [t.text for t in root.iterfind('.//{*}title')] == [
            '<a&b>: 1', '<a&b>: 2', '_c$d$: 4']

    @pytest.mark.parametrize('letter', ['x', 'W'])
    def test_long_names_lose_their_middle(self, letter):
        name = 'first' + letter * 90 + 'last'
        text = draw(Chart(name, 'epoch', [Line(name, [1], [1.])]))
        long = [t for t in texts_of(text) if letter in t]
        assert len(long) == 2
        for part in long:
            assert part.startswith('first') and part.endswith('last')
            # an em per W is more than it has
            assert 20 < len(part) < (60 if letter == 'x' else 380 / 11)

    def test_many_lines_get_more_room(self):
        lines = [Line(f'a long name of run {i}', [0, 1], [1., i])
                 for i in range(9)]
        root = ElementTree.fromstring(draw(Chart('t', 'x', lines)))
        _, _, width, height = map(float, root.get('viewBox').split())
        lowest = max(float(t.get('y')) for t in root.iterfind('.//{*}text')
                     if t.get('y'))
        assert width == 380 and 250 < height and lowest < height

    def test_lines_look_different(self):
        lines = [Line(str(i), [0, 1], [1., i]) for i in range(20)]
        root = ElementTree.fromstring(draw(Chart('t', 'x', lines)))
        styles = [root.find(f".//*[@id='chart-data_{i}']/{{*}}path").get(
            'style') for i in range(20)]
        assert len(set(styles)) == 20
        assert sum('dasharray' in style for style in styles) == 13

    def test_ids_belong_to_one_chart(self):
        chart = Chart('t', 'x', [Line('a', [1, 2], [1., 2.])])
        for name in ('a', 'b'):
            text = draw(chart, name)
            ids = re.findall(r'\bid="([^"]*)"', text)
            used = re.findall(r'href="#([\w-]*)', text)
            assert 'url(' not in text
            assert len(set(ids)) == len(ids) and used
            assert set(used) <= set(ids)
            assert all(i.startswith(f'{name}-') for i in ids)

    def test_ink(self):
        chart = Chart('t', 'x', [Line('a', [1, 2], [1., 2.])], level=1.5)
        page, file = draw(chart), draw(chart, background='#fff')
        assert draw(chart) == page  # no date, no chance
        assert '<style' not in page and 'currentColor' in page
        colours = set(re.findall(r'(?:fill|stroke): (#\w+)', page))
        assert colours == {'#3b82c4'}  # all else is the page's
        assert 'currentColor' not in file
        assert set(re.findall(r'(?:fill|stroke): (#\w+)', file)) == {
            '#3b82c4', '#222222', '#ffffff'}
