# Copyright (c) mtcp_mm authors. All rights reserved.
"""Small line charts as SVG that takes the colours of its page."""
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from matplotlib.ticker import LogLocator, MaxNLocator

#: Legible on white and on black.
COLOURS = ('#3b82c4', '#e07b39', '#3a9d5d', '#c8504d', '#8e6bbf', '#9a7650',
           '#d0609f', '#7b8a97')
#: Lines differ in more than colour.
DASHES = ('', '7 3', '2 3', '9 3 2 3')
WIDTH, HEIGHT, FONT = 380, 210, 12
LEFT, RIGHT, TOP, BOTTOM = 54, 12, 28, 42
#: Width of a wide letter.
ADVANCE = 0.66 * FONT


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


def number(value: float) -> str:
    """Short form of a number on an axis.

    >>> number(0.25), number(3.0), number(12000.0)
    ('0.25', '3', '1.2e4')
    """
    text = f'{value:.4g}'
    if 'e' in text or abs(value) >= 10000:
        text = f'{value:.2e}'
        mantissa, exponent = text.split('e')
        return f'{float(mantissa):g}e{int(exponent)}'
    return text


def _fit(text: str, width: float) -> str:
    """Text without its middle where it would be wider than ``width``."""
    longest = int(width / ADVANCE)
    if len(text) <= longest:
        return text
    tail = (longest - 1) // 2
    return f'{text[:longest - 1 - tail]}\u2026{text[len(text) - tail:]}'


def _ticks(low: float,
           high: float,
           log: bool = False,
           whole: bool = False) -> list[float]:
    if log:
        ticks = LogLocator(subs=(1, 2, 5), numticks=9).tick_values(low, high)
        inside = [t for t in ticks if low <= t <= high]
        if 2 <= len(inside) <= 7:
            return inside
        tens = [t for t in inside if math.log10(t).is_integer()]
        if len(tens) >= 2:
            return tens
    ticks = MaxNLocator(
        5, steps=[1, 2, 2.5, 5, 10], integer=whole).tick_values(low, high)
    return [float(t) for t in ticks if low <= t <= high and (t > 0 or not log)]


def _span(values: Sequence[float], log: bool) -> tuple[float, float]:
    """Ends of an axis, with some air."""
    low, high = min(values), max(values)
    if log:
        return low / 1.1, high * 1.1
    air = 0.06 * (high - low) or 0.1 * abs(high) or 1.
    return low - air, high + air


def draw(chart: Chart, background: str | None = None) -> str:
    """Draw a chart as an ``<svg>`` element.

    Args:
        chart (Chart): At least one line must have a point.
        background (str, optional): Colour behind it, for a file of its own;
            black ink. Defaults to none: the ink is that of the page.

    Returns:
        str: XML text.
    """
    lines = [line for line in chart.lines if line.x]
    values = [y for line in lines for y in line.y]
    if chart.level is not None:
        values.append(chart.level)
    log = chart.log and min(values) > 0
    (x0, x1), (y0, y1) = (_span([x for line in lines for x in line.x], False),
                          _span(values, log))

    def x_at(x: float) -> float:
        return LEFT + (x - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)

    def y_at(y: float) -> float:
        share = ((math.log(y / y0) / math.log(y1 / y0)) if log else
                 (y - y0) / (y1 - y0))
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    legend, legend_height = _draw_legend([line.name for line in lines])
    height = HEIGHT + legend_height
    ink = 'currentColor' if background is None else '#222'
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" class="chart" '
        f'viewBox="0 0 {WIDTH} {height}" color="{ink}" '
        f'font-family="system-ui, sans-serif" font-size="{FONT}" '
        f'aria-label="{escape(_describe(chart, lines))}">'
        if background else
        f'<svg role="img" class="chart" viewBox="0 0 {WIDTH} {height}" '
        f'font-size="{FONT}" aria-label="{escape(_describe(chart, lines))}">'
    ]
    if background:
        out.append(f'<rect width="{WIDTH}" height="{height}" '
                   f'fill="{background}"/>')
    out.append(f'<text x="{LEFT}" y="16" font-weight="600" '
               f'fill="currentColor">'
               f'{escape(_fit(chart.title, WIDTH - LEFT))}</text>')
    for tick in _ticks(y0, y1, log):
        y = y_at(tick)
        out.append(
            f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="currentColor" '
            f'stroke-opacity=".18"/><text x="{LEFT - 6}" y="{y + 4:.1f}" '
            f'text-anchor="end" fill="currentColor">{number(tick)}</text>')
    bottom = HEIGHT - BOTTOM
    for tick in _ticks(x0, x1, whole=True):
        x = x_at(tick)
        out.append(
            f'<path d="M{x:.1f} {bottom}v4" stroke="currentColor"/>'
            f'<text x="{x:.1f}" y="{bottom + 17}" text-anchor="middle" '
            f'fill="currentColor">{number(tick)}</text>')
    out.append(f'<path d="M{LEFT} {TOP}V{bottom}H{WIDTH - RIGHT}" fill="none" '
               'stroke="currentColor" stroke-opacity=".6"/>'
               f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{bottom + 34}" '
               'text-anchor="middle" fill="currentColor">'
               f'{escape(chart.x_label)}</text>')
    if chart.level is not None:
        y = y_at(chart.level)
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" '
                   'stroke="currentColor" stroke-dasharray="1 3"/>')
    for i, line in enumerate(lines):
        points = [(x_at(x), y_at(y)) for x, y in zip(line.x, line.y)]
        out.append(_draw_line(i, line, points))
    return ''.join([*out, legend, '</svg>'])


def _draw_line(index: int, line: Line,
               points: list[tuple[float, float]]) -> str:
    path = f'M{points[0][0]:.1f} {points[0][1]:.1f}'
    for x, y in points[1:]:
        path += f'L{x:.1f} {y:.1f}'
    marks = ''
    if len(points) <= 40:
        marks = ''.join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" '
            f'fill="{COLOURS[index % len(COLOURS)]}"><title>'
            f'{escape(line.name)}: {value:.6g}</title></circle>'
            for (x, y), value in zip(points, line.y))
    return f'<path d="{path}" fill="none" {_style(index)}/>{marks}'


def _style(index: int) -> str:
    dash = DASHES[index % len(DASHES)]
    dash = f' stroke-dasharray="{dash}"' if dash else ''
    return (f'stroke="{COLOURS[index % len(COLOURS)]}" stroke-width="1.8" '
            f'stroke-linejoin="round"{dash}')


def _draw_legend(names: Sequence[str]) -> tuple[str, int]:
    """Samples of the lines with their names, and the height they take."""
    names = [_fit(name, WIDTH - LEFT - 27) for name in names]
    widths = [34 + ADVANCE * len(name) for name in names]
    parts, x, y = [], LEFT, HEIGHT + 6
    for i, (name, width) in enumerate(zip(names, widths)):
        if x > LEFT and x + width > WIDTH:
            x, y = LEFT, y + 18
        parts.append(f'<path d="M{x:.0f} {y}h22" {_style(i)}/>'
                     f'<text x="{x + 27:.0f}" y="{y + 4}" '
                     f'fill="currentColor">{escape(name)}</text>')
        x += width
    return ''.join(parts), y + 12 - HEIGHT


def _describe(chart: Chart, lines: Sequence[Line]) -> str:
    """What a reader who does not see the chart is told."""
    ends = '; '.join(f'{line.name} from {line.y[0]:.4g} to {line.y[-1]:.4g}'
                     for line in lines)
    return f'Chart of {chart.title} by {chart.x_label}: {ends}'
