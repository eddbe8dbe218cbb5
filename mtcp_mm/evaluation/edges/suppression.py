# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
from scipy.ndimage import correlate1d, map_coordinates


def smooth(image: np.ndarray, radius: int) -> np.ndarray:
    """Blur by a triangle that is ``2 * radius + 1`` wide.

    Args:
        image (np.ndarray): float (H, W); mirrored at its border.
        radius (int): Pixels, >= 1.
    """
    kernel = np.r_[1:radius + 1, radius + 1, radius:0:-1] / (radius + 1.)**2
    for axis in (0, 1):
        image = correlate1d(image, kernel, axis, mode='reflect')
    return image


def edge_orientation(strength: np.ndarray, radius: int = 4) -> np.ndarray:
    """Direction across the edge at every pixel.

    From second derivatives of the blurred map, by the formula of the
    Structured Edge Detection Toolbox of Dollar and Zitnick, which seism uses.
    It is exact for lines at multiples of 45 degrees, up to 12 degrees off
    between, and 0 for a line that is level to the last bit.

    Args:
        strength (np.ndarray): float (H, W), both at least 2.
        radius (int): Of the blur, in pixels. Defaults to 4.

    Returns:
        np.ndarray: Angle in [0, pi), float64 (H, W): 0 points along x (a
        vertical line), pi / 2 along y (downwards).
    """
    dy, dx = np.gradient(smooth(strength.astype(np.float64), radius))
    dxx = np.gradient(dx, axis=1)
    dyy, dxy = np.gradient(dy)
    angle = np.arctan(dyy * np.sign(-dxy) / (dxx + 1e-5))
    return np.mod(angle, np.pi)


def suppress_non_maxima(strength: np.ndarray,
                        orientation: np.ndarray,
                        radius: int,
                        border: int = 5,
                        tolerance: float = 1.01) -> np.ndarray:
    """Set pixels to 0 that are weaker than others across the edge.

    The rules of ``edgesNms`` of the Structured Edge Detection Toolbox: a
    pixel is compared with ``2 * radius`` interpolated points at distances of
    1..radius pixels on both sides, and goes if one of them exceeds
    ``tolerance`` times its strength. Afterwards strengths fade out towards
    the border of the map.

    Args:
        strength (np.ndarray): float (H, W), >= 0.
        orientation (np.ndarray): From :func:`edge_orientation`.
        radius (int): Pixels.
        border (int): Width of the fading, in pixels. Defaults to 5.
        tolerance (float): Defaults to 1.01.

    Returns:
        np.ndarray: float32 (H, W).
    """
    strength = strength.astype(np.float32)
    height, width = strength.shape
    y, x = np.nonzero(strength)
    weight = strength[y, x] * np.float32(tolerance)
    step_x, step_y = np.cos(orientation[y, x]), np.sin(orientation[y, x])
    keep = np.ones(len(y), bool)
    for distance in range(-radius, radius + 1):
        if distance:
            at_x = np.clip(x + distance * step_x, 0, width - 1.001)
            at_y = np.clip(y + distance * step_y, 0, height - 1.001)
            keep &= weight >= map_coordinates(strength, (at_y, at_x), order=1)
    kept = np.zeros_like(strength)
    kept[y[keep], x[keep]] = strength[y[keep], x[keep]]
    border = min(border, width // 2, height // 2)
    if border:
        fade = np.arange(border, dtype=np.float32) / np.float32(border)
        kept[:, :border] *= fade
        kept[:, -border:] *= fade[::-1]
        kept[:border] *= fade[:, None]
        kept[-border:] *= fade[::-1, None]
    return kept


def boundary_map(label: np.ndarray) -> np.ndarray:
    """Pixels that differ from their right, lower or lower right neighbour.

    seism reads every label as a segmentation and draws the boundaries of its
    regions, also where the label is an edge map already (NYUD-v2).

    Args:
        label (np.ndarray): (H, W), any dtype.

    Returns:
        np.ndarray: bool (H, W).
    """
    padded = np.pad(label, ((0, 1), (0, 1)), mode='edge')
    return ((label != padded[:-1, 1:]) | (label != padded[1:, :-1]) |
            (label != padded[1:, 1:]))
