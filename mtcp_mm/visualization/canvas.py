# Copyright (c) mtcp_mm authors. All rights reserved.
"""A grid of captioned pictures with a legend, drawn with Pillow."""
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONT_FILE = Path(matplotlib.get_data_path(), 'fonts/ttf/DejaVuSans.ttf')
PAPER, INK = (255, 255, 255), (0, 0, 0)

#: A picture (H, W, 3), uint8 RGB, and its caption.
Panel = tuple[np.ndarray, str]
#: A name and its colour.
Entry = tuple[str, tuple[int, int, int]]


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_FILE), size)


def enlarge(picture: np.ndarray, min_height: int = 200) -> np.ndarray:
    """Repeat pixels by the smallest whole factor that reaches a height.

    Args:
        picture (np.ndarray): Shape (H, W, 3).
        min_height (int): Height to reach. Defaults to 200.

    Returns:
        np.ndarray: Shape (k * H, k * W, 3), k >= 1.
    """
    factor = -(-min_height // picture.shape[0])
    if factor <= 1:
        return picture
    return picture.repeat(factor, axis=0).repeat(factor, axis=1)


def draw_legend(entries: Sequence[Entry], width: int,
                size: int) -> np.ndarray:
    """Colour patches with names, in as many columns as fit.

    Args:
        entries (Sequence): Names and colours, in the order of reading
            downwards.
        width (int): Width in pixels.
        size (int): Size of the letters in pixels.

    Returns:
        np.ndarray: Shape (height as needed, width, 3), uint8 RGB.
    """
    font, line = _font(size), round(1.5 * size)
    column = round(2.5 * size + max(font.getlength(n) for n, _ in entries))
    columns = max(1, min(width // column, len(entries)))
    rows = -(-len(entries) // columns)
    canvas = Image.new('RGB', (width, rows * line), PAPER)
    draw = ImageDraw.Draw(canvas)
    for i, (name, colour) in enumerate(entries):
        x, y = i // rows * column, i % rows * line
        draw.rectangle((x, y, x + size, y + size), tuple(colour), INK)
        draw.text((x + 1.5 * size, y + size / 2), name, INK, font, 'lm')
    return np.array(canvas)


def draw_grid(rows: Sequence[Sequence[Panel | None]],
              legend: Sequence[Entry] = ()) -> np.ndarray:
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
    size = max(13, height // 24)
    margin, head = size // 2, round(1.5 * size)
    width = max(
        width, *(round(_font(size).getlength(text)) for _, text in panels))
    step_x, step_y = width + margin, height + head + margin
    canvas = Image.new('RGB', (margin + step_x * len(rows[0]),
                               margin + step_y * len(rows)), PAPER)
    draw = ImageDraw.Draw(canvas)
    if legend:
        patches = draw_legend(legend, width, size)
    for i, row in enumerate(rows):
        for j, panel in enumerate(row):
            x, y = margin + step_x * j, margin + step_y * i
            if panel:
                draw.text((x, y), panel[1], INK, _font(size))
                canvas.paste(Image.fromarray(panel[0]), (x, y + head))
            elif legend and j == 0 and patches.shape[0] <= height:
                canvas.paste(Image.fromarray(patches), (x, y + head))
                legend = ()
    picture = np.array(canvas)
    if legend:
        patches = draw_legend(legend, picture.shape[1] - 2 * margin, size)
        patches = np.pad(patches, ((0, margin), (margin, margin), (0, 0)),
                         constant_values=255)
        picture = np.concatenate([picture, patches])
    return picture
