# Copyright (c) mtcp_mm authors. All rights reserved.
from dataclasses import dataclass, replace

import numpy as np


def is_copy(size: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether a size is another one resized, up to a pixel of rounding.

    Args:
        size (tuple[int, int]): (height, width).
        other (tuple[int, int]): (height, width) of the original.
    """
    (height, width), (rows, cols) = size, other
    return (abs(width / cols * rows - height) <= 1
            or abs(height / rows * cols - width) <= 1)


@dataclass(frozen=True)
class Camera:
    """Pinhole camera: x right, y down, z forward.

    Attributes:
        fx, fy (float): Focal lengths in pixels.
        cx, cy (float): Principal point in pixels.
        first (float): Coordinate of the centre of the first pixel: 1 in
            MATLAB, 0 in OpenCV, 0.5 where pixel (0, 0) spans [0, 1)^2.
        size (tuple[int, int], optional): (height, width) of its images.
        baseline (float, optional): Distance of the second camera of a stereo
            pair, in metres.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    first: float = 0.
    size: tuple[int, int] | None = None
    baseline: float | None = None

    def rays(self, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
        """All pixels' x / z, shape (1, W), and y / z, shape (H, 1)."""
        u = np.arange(width, dtype=np.float32) + np.float32(self.first)
        v = np.arange(height, dtype=np.float32) + np.float32(self.first)
        return (((u - np.float32(self.cx)) / np.float32(self.fx))[None],
                ((v - np.float32(self.cy)) / np.float32(self.fy))[:, None])

    def of_copy(self, height: int, width: int) -> 'Camera':
        """The camera in pixels of a resized copy of its images.

        Raises:
            ValueError: That size is no copy: its sides relate otherwise.
        """
        if self.size in (None, (height, width)):
            return replace(self, size=(height, width))
        if not is_copy((height, width), self.size):
            raise ValueError(
                f'The camera takes images of {tuple(self.size)} (height, '
                f'width), but there is one of {height, width}, which is no '
                'resized copy. Give the camera of these files: '
                'camera=dict(fx=..., fy=..., cx=..., cy=..., size=...).')
        sx, sy = width / self.size[1], height / self.size[0]
        centre = self.first - .5  # where the first pixel begins
        return replace(
            self,
            fx=self.fx * sx,
            fy=self.fy * sy,
            cx=(self.cx - centre) * sx + centre,
            cy=(self.cy - centre) * sy + centre,
            size=(height, width))

    @property
    def matrix(self) -> np.ndarray:
        """Intrinsics, float64 (3, 3); pixel (0, 0) has its centre there."""
        return np.array([[self.fx, 0, self.cx - self.first],
                         [0, self.fy, self.cy - self.first], [0, 0, 1]])
