# Copyright (c) mtcp_mm authors. All rights reserved.
"""Pinhole camera: x right, y down, z along the optical axis."""
from dataclasses import dataclass, replace

import numpy as np

from .geometry import apply

HORIZONTAL_FOV = 62.  # degrees, the same for every image


@dataclass(frozen=True, eq=False)
class Camera:
    """A camera in a world whose z axis points up.

    Args:
        position (ndarray): Centre in metres, shape (3,).
        rotation (ndarray): Rows are the camera's x, y, z axes in the world.
        size (tuple[int, int]): Image height and width.
    """
    position: np.ndarray
    rotation: np.ndarray
    size: tuple

    @property
    def intrinsics(self):
        """tuple[float]: f, cx, cy in pixels; pixel (0, 0) spans [0, 1)^2."""
        height, width = self.size
        focal = width / 2 / np.tan(np.radians(HORIZONTAL_FOV) / 2)
        return focal, width / 2, height / 2

    def resized(self, size):
        """The same view with another number of pixels."""
        return replace(self, size=size)

    def rays(self):
        """World directions through the pixel centres, shape (3, H, W).

        Their camera z is 1: the ray parameter of a hit is its z-depth.
        """
        focal, cx, cy = self.intrinsics
        height, width = self.size
        v, u = np.mgrid[0:height, 0:width] + .5
        local = np.stack([(u - cx) / focal, (v - cy) / focal,
                          np.ones_like(u)])
        return apply(self.rotation.T, local)

    def window(self, points, near=.05):
        """Slices of the image that cover the convex hull of some points.

        Args:
            points (ndarray): World points, shape (3, N).
            near (float): The hull is cut off this close to the image plane,
                in metres. Defaults to 0.05.

        Returns:
            tuple[slice, slice] | None: Rows and columns; None if the hull
            is behind the camera or outside of the image.
        """
        local = apply(self.rotation, points - self.position[:, None])
        front = local[2] >= near
        if not front.any():
            return None
        if not front.all():  # add where the hull meets the near plane
            a, b = local[:, front, None], local[:, None, ~front]
            share = (a[2] - near) / (a[2] - b[2])
            cut = (a + share * (b - a)).reshape(3, -1)
            local = np.concatenate([local[:, front], cut], 1)
        focal, cx, cy = self.intrinsics
        spans = []
        for axis, centre, n in ((1, cy, self.size[0]), (0, cx, self.size[1])):
            x = focal * local[axis] / local[2] + centre
            lo = max(int(np.floor(x.min())) - 1, 0)
            hi = min(int(np.ceil(x.max())) + 1, n)
            if lo >= hi:
                return None
            spans.append(slice(lo, hi))
        return tuple(spans)


def look(position, yaw, pitch, roll, size):
    """Camera from angles.

    Args:
        position (Sequence[float]): Centre in metres.
        yaw (float): Radians from world x towards y.
        pitch (float): Radians above the horizon.
        roll (float): Radians, clockwise as seen in viewing direction.
        size (tuple[int, int]): Image height and width.

    Returns:
        Camera: The camera.
    """
    forward = np.array([np.cos(pitch) * np.cos(yaw),
                        np.cos(pitch) * np.sin(yaw), np.sin(pitch)])
    right = np.array([np.sin(yaw), -np.cos(yaw), 0.])
    down = np.cross(forward, right)
    c, s = np.cos(roll), np.sin(roll)
    rotation = np.stack([c * right + s * down, c * down - s * right, forward])
    return Camera(np.asarray(position, np.float64), rotation, tuple(size))
