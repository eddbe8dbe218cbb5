# Copyright (c) mtcp_mm authors. All rights reserved.
"""A grid of captioned pictures, colour bars and a legend, by Pillow."""
import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mtcp_mm.tasks.scale import Entry, Scale

FONT_FILE = Path(matplotlib.get_data_path(), 'fonts/ttf/DejaVuSans.ttf')
PAPER, INK = (255, 255, 255), (0, 0, 0)

#: A picture (H, W, 3), uint8 RGB, its caption, and its colours if any.
Panel = tuple[np.ndarray, str] | tuple[np.ndarray, str, Scale | None]


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_FILE), size)


def enlarge(picture: np.ndarray, min_height: int,
            max_side: int) -> np.ndarray:
    """Repeat pixels by the smallest whole factor that reaches a height.

    Args:
        picture (np.ndarray): Shape (H, W, 3).
        min_height (int): Height to reach.
        max_side (int): No side may get longer than this.

    Returns:
        np.ndarray: Shape (k * H, k * W, 3), k >= 1.
    """
    factor = min(-(-min_height // picture.shape[0]),
                 max_side // max(picture.shape[:2]))
    if factor <= 1:
        return picture
    return picture.repeat(factor, axis=0).repeat(factor, axis=1)


def shrink(picture: np.ndarray, max_side: int | None) -> np.ndarray:
    """Average pixels until the longer side is at most ``max_side``."""
    factor = (max_side or math.inf) / max(picture.shape[:2])
    if factor >= 1:
        return picture
    height, width = (max(1, round(side * factor))
                     for side in picture.shape[:2])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


def draw_legend(entries: Sequence[Entry | tuple[str, None]], width: int,
                size: int) -> np.ndarray:
    """Colour patches with names, in as many columns as fit.

    Args:
        entries (Sequence): Names and colours, in the order of reading
            downwards; a name without colour is a heading.
        width (int): Width in pixels.
        size (int): Size of the letters in pixels.

    Returns:
        np.ndarray: Shape (height as needed, width, 3), uint8 RGB.
    """
    font, line = _font(size), round(1.5 * size)
    column = round(2.5 * size + max(font.getlength(n) for n, _ in entries))
    columns = max(1, width // column)
    blocks: list[list] = []
    for entry in entries:
        if entry[1] is None or not blocks:
            blocks.append([])
        blocks[-1].append(entry)
    spots, y = [], 0
    for block in blocks:
        if block[0][1] is None:
            spots.append((block[0], 0, y))
            block, y = block[1:], y + line
        rows = -(-len(block) // columns)
        spots += [(entry, i // rows * column, y + i % rows * line)
                  for i, entry in enumerate(block)]
        y += rows * line
    canvas = Image.new('RGB', (width, y), PAPER)
    draw = ImageDraw.Draw(canvas)
    for (name, colour), x, y in spots:
        if colour is not None:
            draw.rectangle((x, y, x + size, y + size), tuple(colour), INK)
            x += 1.5 * size
        draw.text((x, y + size / 2), name, INK, font, 'lm')
    return np.array(canvas)


def draw_scale(scale: Scale, width: int, size: int) -> np.ndarray:
    """A colour bar with its numbers, or patches if the scale has names.

    Args:
        scale (Scale): What to draw.
        width (int): Width in pixels.
        size (int): Size of the letters in pixels.

    Returns:
        np.ndarray: Shape (height as needed, width, 3), uint8 RGB.
    """
    if scale.names:
        return _draw_names(scale.entries(), width, size)
    bar = round(.7 * size)
    canvas = Image.new('RGB', (width, bar + round(1.3 * size)), PAPER)
    steps = np.linspace(0, len(scale.colours) - 1, width).round()
    colours = scale.colours[steps.astype(np.intp)][None].repeat(bar, 0)
    canvas.paste(Image.fromarray(colours), (0, 0))
    draw, font = ImageDraw.Draw(canvas), _font(size)
    draw.rectangle((0, 0, width - 1, bar - 1), outline=INK)
    more = '\u2265 ' if scale.clipped else ''
    # three digits of the span, not of each number: 0.00004 m is 0 m here
    digits = max(0, 2 - math.floor(math.log10(scale.high - scale.low)))
    low, middle, high = (f'{round(value, digits):g}'
                         for value in (scale.low,
                                       (scale.low + scale.high) / 2,
                                       scale.high))
    high = f'{more}{high}{scale.unit}'
    used = 2 * max(map(font.getlength, (low, high)))
    draw.text((0, bar), low, INK, font)
    draw.text((width, bar), high, INK, font, 'ra')
    if used + font.getlength(middle) + size < width:
        draw.text((width / 2, bar), middle, INK, font, 'ma')
    return np.array(canvas)


def _draw_names(entries: Sequence[Entry], width: int,
                size: int) -> np.ndarray:
    """Patches with names one after the other, in lines."""
    font, line = _font(size), round(1.5 * size)
    spots, x, y = [], 0, 0
    for name, _ in entries:
        needed = 1.5 * size + font.getlength(name)
        if x and x + needed > width:
            x, y = 0, y + line
        spots.append((x, y))
        x += round(needed + size)
    canvas = Image.new('RGB', (width, y + line), PAPER)
    for (x, y), entry in zip(spots, entries):
        patch = draw_legend([entry], width - x, size)
        canvas.paste(Image.fromarray(patch), (x, y))
    return np.array(canvas)


def draw_grid(rows: Sequence[Sequence[Panel | None]],
              legend: Sequence[Entry | tuple[str, None]] = ()) -> np.ndarray:
    """Arrange pictures of one size in a grid, captions above them.

    Args:
        rows (Sequence[Sequence]): Rows of equal length; None leaves a gap.
        legend (Sequence): Names and colours; goes into a gap of the first
            column if it fits there, otherwise below the grid.

    Returns:
        np.ndarray: The picture, uint8 RGB.
    """
    panels = [panel for row in rows for panel in row if panel]
    height, width = panels[0][0].shape[:2]
    size = max(13, height // 24)  # of the letters
    margin, head = size // 2, round(1.5 * size)
    cell = max(width,
               *(round(_font(size).getlength(text)) for _, text, *_ in panels))
    bars = [[_draw_bar(panel, width, cell, size) for panel in row]
            for row in rows]
    feet = [max((bar.shape[0] + margin for bar in row if bar is not None),
                default=0) for row in bars]
    tops = np.cumsum([margin] + [head + height + f + margin for f in feet])
    canvas = Image.new('RGB', (margin +
                               (cell + margin) * len(rows[0]), int(tops[-1])),
                       PAPER)
    draw = ImageDraw.Draw(canvas)
    if legend:
        patches = draw_legend(legend, cell, size)
    for i, row in enumerate(rows):
        for j, panel in enumerate(row):
            x, y = margin + (cell + margin) * j, int(tops[i])
            if panel:
                draw.text((x, y), panel[1], INK, _font(size))
                canvas.paste(Image.fromarray(panel[0]), (x, y + head))
                if bars[i][j] is not None:
                    canvas.paste(
                        Image.fromarray(bars[i][j]),
                        (x, y + head + height + margin))
            elif (legend and j == 0
                  and patches.shape[0] <= height + feet[i]):
                canvas.paste(Image.fromarray(patches), (x, y + head))
                legend = ()
    picture = np.array(canvas)
    if legend:
        patches = draw_legend(legend, picture.shape[1] - 2 * margin, size)
        patches = np.pad(patches, ((0, margin), (margin, margin), (0, 0)),
                         constant_values=255)
        picture = np.concatenate([picture, patches])
    return picture


def _draw_bar(panel: Panel | None, width: int, cell: int,
              size: int) -> np.ndarray | None:
    """What goes below a panel: a bar as wide as it, or names."""
    if not panel or len(panel) < 3 or panel[2] is None:
        return None
    # numbers need some room, whatever the picture has
    width = cell if panel[2].names else max(width, min(cell, 8 * size))
    return draw_scale(panel[2], width, size)
