# Copyright (c) mtcp_mm authors. All rights reserved.
"""Small line charts as SVG that takes the colours of its page."""
import io
import re
from dataclasses import dataclass, field
from xml.etree import ElementTree

import matplotlib
from cycler import cycler
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from matplotlib.ticker import (
    EngFormatter,
    LogLocator,
    MaxNLocator,
    NullLocator,
    StrMethodFormatter,
)

#: Size in points, the legend apart.
WIDTH, HEIGHT, FONT = 380, 210, 12
#: Between ticks, times a power of 10.
STEPS = [1, 2, 2.5, 5, 10]
#: Becomes the colour of the page's text.
INK = '#222222'
#: Legible on white and on black; lines differ in more than colour.
STYLES = cycler(color=[
    '#3b82c4', '#e07b39', '#3a9d5d', '#c8504d', '#8e6bbf', '#9a7650',
    '#d0609f', '#7b8a97'
]) * 3 + cycler(linestyle=['-', '--', '-.']) * 8
SETTINGS = {
    **dict.fromkeys(('axes.edgecolor', 'axes.labelcolor', 'text.color',
                     'xtick.color', 'ytick.color', 'grid.color'), INK),
    'axes.prop_cycle': STYLES,
    'axes.spines.right': False,
    'axes.spines.top': False,
    'font.family': 'DejaVu Sans',
    'font.size': FONT,
    'lines.linewidth': 1.8,
    'lines.markersize': 5,
    'svg.fonttype': 'none',
    'svg.hashsalt': 'mtcp_mm',  # the same chart is the same text
    'text.parse_math': False,
}
SVG, XLINK = 'http://www.w3.org/2000/svg', 'http://www.w3.org/1999/xlink'
ElementTree.register_namespace('', SVG)
ElementTree.register_namespace('xlink', XLINK)


@dataclass
class Line:
    """A named line through points.

    Attributes:
        name (str): For the legend.
        x (list[float]): Ascending.
        y (list[float]): As many; finite.
    """

    name: str
    x: list[float]
    y: list[float]


@dataclass
class Chart:
    """Lines on common axes.

    Attributes:
        title (str): Above the chart.
        x_label (str): Below the axis.
        lines (list[Line]): What to draw.
        log (bool): Logarithmic vertical axis, if all values are > 0.
        level (float, optional): A dotted line at this height.
    """

    title: str
    x_label: str
    lines: list[Line] = field(default_factory=list)
    log: bool = False
    level: float | None = None


def draw(chart: Chart, name: str = 'chart',
         background: str | None = None) -> str:
    """Draw a chart as an ``<svg>`` element.

    Args:
        chart (Chart): At least one line must have a point.
        name (str): Begins the ids inside; no other chart of the page has it.
            Defaults to 'chart'.
        background (str, optional): Colour behind it, for a file of its own;
            dark ink. Defaults to none: the ink is that of the page.

    Returns:
        str: XML text.
    """
    lines = [line for line in chart.lines if line.x]
    stream = io.StringIO()
    with matplotlib.rc_context(SETTINGS):
        figure = _plot(chart, lines)
        figure.savefig(stream, format='svg', facecolor=background or 'none')
    text = stream.getvalue()
    if background is None:
        text = text.replace(INK, 'currentColor')
    root = ElementTree.fromstring(text)
    # date; style for all of the page; clips, but nothing lies outside
    for part in root.findall('{*}metadata') + root.findall('{*}defs'):
        root.remove(part)
    for i, line in enumerate(lines):
        marks = root.findall(f".//*[@id='data_{i}']//{{*}}use")
        for mark, value in zip(marks, line.y):
            title = ElementTree.SubElement(mark, f'{{{SVG}}}title')
            title.text = f'{line.name}: {value:.6g}'
    for element in root.iter():
        element.attrib.pop('clip-path', None)
        for key in {'id', f'{{{XLINK}}}href'} & set(element.keys()):
            value = element.get(key)
            element.set(key, re.sub('^#?', rf'\g<0>{name}-', value))
    ends = '; '.join(f'{line.name} from {line.y[0]:.4g} to {line.y[-1]:.4g}'
                     for line in lines)
    root.attrib |= {
        'role': 'img', 'class': 'chart', 'stroke-linejoin': 'round',
        'aria-label': f'Chart of {chart.title} by {chart.x_label}: {ends}'
    }
    return ElementTree.tostring(root, 'unicode')


def _plot(chart: Chart, lines: list[Line]) -> Figure:
    figure = Figure(dpi=72, layout='constrained')
    axes = figure.add_subplot(facecolor='none')
    for i, line in enumerate(lines):
        axes.plot(line.x, line.y, marker='o' if len(line.x) <= 40 else None,
                  gid=f'data_{i}')
    axes.set_xlabel(chart.x_label)
    axes.xaxis.set_major_locator(
        MaxNLocator(5, steps=STEPS, integer=True, min_n_ticks=1))
    axes.xaxis.set_major_formatter(EngFormatter(sep=''))
    values = [y for line in lines for y in line.y]
    if chart.level is not None:
        axes.axhline(chart.level, color=INK, lw=1, linestyle=(0, (1, 3)))
        values.append(chart.level)
    if chart.log and min(values) > 0:
        axes.set_yscale('log')
        narrow = max(values) / min(values) < 100
        axes.yaxis.set_major_locator(
            LogLocator(subs=(1, 2, 5) if narrow else (1, ), numticks=7))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=STEPS))
    axes.yaxis.set_major_formatter(StrMethodFormatter('{x:.6g}'))
    axes.grid(axis='y', alpha=.18)
    figure.suptitle(_fit(chart.title, WIDTH - 8), x=.01, ha='left',
                    size=FONT, weight='bold')
    names = [_fit(line.name, WIDTH - 40) for line in lines]
    for columns in range(len(lines), 0, -1):
        legend = figure.legend(
            axes.lines[:len(lines)], map(str, range(len(lines))),
            loc='outside lower left', ncols=columns, frameon=False,
            handlelength=1.8, columnspacing=1, borderpad=.2)
        for text, name in zip(legend.get_texts(), names):
            text.set_text(name)  # as a label, '_name' would not be shown
        box = legend.get_window_extent()
        if box.width <= WIDTH - 8 or columns == 1:
            break
        legend.remove()
    figure.set_size_inches(WIDTH / 72, (HEIGHT + box.height - FONT) / 72)
    return figure


def _fit(text: str, width: float) -> str:
    """Text without its middle where it would be wider than ``width``."""
    bold = FontProperties(size=FONT, weight='bold')
    shown, half = text, min(len(text) // 2, 40)
    while TextPath((0, 0), shown, prop=bold).get_extents().width > width:
        shown = f'{text[:half]}\u2026{text[-half:]}'
        half -= 1
    return shown
