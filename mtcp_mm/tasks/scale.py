# Copyright (c) mtcp_mm authors. All rights reserved.
from dataclasses import dataclass
from math import ceil, log10

import cv2
import numpy as np

#: A name and its colour, uint8 RGB.
Entry = tuple[str, tuple[int, int, int]]


def colour_map(index: int) -> np.ndarray:
    """One of OpenCV's colour maps, e.g. ``cv2.COLORMAP_INFERNO``.

    Returns:
        np.ndarray: uint8 RGB, shape (256, 3), first colour first.
    """
    ramp = np.arange(256, dtype=np.uint8)[:, None]
    return cv2.applyColorMap(ramp, index)[:, 0, ::-1].copy()


def nice_ceiling(value: float) -> float:
    """Smallest of 1, 2, 5 times a power of ten that is not below ``value``.

    >>> nice_ceiling(0.31), nice_ceiling(2), nice_ceiling(0)
    (0.5, 2.0, 1.0)
    """
    if not value > 0:
        return 1.
    power = ceil(log10(value)) - 1
    for digit in (1, 2, 5, 10):
        # built from text: 5 * 10**-1 has to be the 0.5 that is written
        number = float(f'{digit}e{power}')
        if number >= value:
            return number
    return float(f'1e{power + 2}')  # the logarithm was rounded down


@dataclass(frozen=True)
class Scale:
    """Which colour stands for which value; drawn as a colour bar.

    Attributes:
        low (float): Value of the first colour.
        high (float): Value of the last colour, > ``low``.
        colours (np.ndarray): Evenly spaced colours, uint8 RGB, shape (K, 3).
        unit (str): Written behind a number, as ' m' or '°'.
            Defaults to ''.
        names (tuple[str, ...]): K names if a value is not an amount: they
            are drawn in place of a bar. Defaults to ().
        clipped (bool): There are values above ``high``. Defaults to False.
        void (tuple[int, int, int]): Colour of NaN. Defaults to black.
    """

    low: float
    high: float
    colours: np.ndarray
    unit: str = ''
    names: tuple[str, ...] = ()
    clipped: bool = False
    void: tuple[int, int, int] = (0, 0, 0)

    def paint(self, values: np.ndarray) -> np.ndarray:
        """Colours of values.

        Args:
            values (np.ndarray): Shape (H, W), NaN: nothing is known.

        Returns:
            np.ndarray: uint8 RGB, shape (H, W, 3).
        """
        known = np.isfinite(values)
        share = (np.where(known, values, self.low) -
                 self.low) / (self.high - self.low)
        level = np.round(share.clip(0, 1) * (len(self.colours) - 1))
        picture = self.colours[level.astype(np.intp)]
        return np.where(known[..., None], picture, np.uint8(self.void))

    def entries(self) -> list[Entry]:
        """Names and colours, and that of void; empty if this is a bar."""
        if not self.names:
            return []
        pairs = zip((*self.names, 'no label'), (*self.colours, self.void))
        return [(n, tuple(int(c) for c in colour)) for n, colour in pairs]
