# Copyright (c) mtcp_mm authors. All rights reserved.
import cv2
import numpy as np

# Bits of the neighbours: east first, then counter-clockwise.
RING = np.array([[8, 4, 2], [16, 0, 1], [32, 64, 128]], np.float32)


def _survival_tables() -> tuple[np.ndarray, np.ndarray]:
    """Whether a pixel stays (1) in either pass, by the bits of its ring."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1 > 0
    e, ne, n, nw, w, sw, s, se = bits.T
    side, corner = bits[:, 0::2], bits[:, 1::2]
    next_side = np.roll(side, -1, axis=1)
    crossings = (~side & (corner | next_side)).sum(1)
    pairs = np.minimum((side | corner).sum(1), (corner | next_side).sum(1))
    simple = (crossings == 1) & (pairs >= 2) & (pairs <= 3)
    gone = (simple & ~((ne | n | ~se) & e), simple & ~((sw | s | ~nw) & w))
    return tuple((~g).astype(np.uint8) for g in gone)


TABLES = _survival_tables()


def thin(mask: np.ndarray) -> np.ndarray:
    """Thin lines to one pixel, until nothing changes.

    Two passes in turn, each of which removes pixels in parallel (Guo and
    Hall, "Parallel thinning with two-subiteration algorithms", CACM 1989,
    algorithm A1): what MATLAB calls ``bwmorph(mask, 'thin', inf)``. Outside
    of the map there is nothing.

    Args:
        mask (np.ndarray): bool (H, W).

    Returns:
        np.ndarray: bool (H, W).

    Examples:
        >>> thin(np.ones((3, 5), bool)).astype(int)
        array([[0, 0, 0, 0, 0],
               [0, 1, 1, 1, 0],
               [0, 0, 0, 0, 0]])
    """
    mask = mask.astype(np.uint8)
    before, count = -1, cv2.countNonZero(mask)
    while count != before:
        for table in TABLES:
            code = cv2.filter2D(
                mask, cv2.CV_8U, RING, borderType=cv2.BORDER_CONSTANT)
            mask &= cv2.LUT(code, table)
        before, count = count, cv2.countNonZero(mask)
    return mask.astype(bool)
