# Copyright (c) mtcp_mm authors. All rights reserved.
"""Edges from label maps."""
import numpy as np
from scipy import ndimage

GAP = 9  # pixels; the annotators left strips of void between objects


def label_boundaries(regions: np.ndarray) -> np.ndarray:
    """Boundaries between labelled regions, one pixel wide.

    Strips of void narrower than ``GAP`` go to the nearest region first, so
    that two objects share one edge in the middle of the strip and not one on
    each side. Nothing is known about larger void areas, such as the frame of
    every image: their border is no edge.

    Args:
        regions (np.ndarray): Integers, shape (H, W), 0 = void.

    Returns:
        np.ndarray: bool (H, W); pixels whose region is not that of their
        left or upper neighbour.
    """
    void = regions == 0
    if void.any() and not void.all():
        square = np.ones((GAP, GAP), bool)
        core = ndimage.binary_erosion(void, square, border_value=1)
        narrow = void & ~ndimage.binary_dilation(core, square)
        nearest = ndimage.distance_transform_edt(
            void, return_distances=False, return_indices=True)
        regions = np.where(narrow, regions[tuple(nearest)], regions)
    edge = np.zeros(regions.shape, bool)
    edge[:, 1:] |= _differ(regions[:, 1:], regions[:, :-1])
    edge[1:] |= _differ(regions[1:], regions[:-1])
    return edge


def _differ(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Where two regions meet."""
    return (a != b) & (a != 0) & (b != 0)
