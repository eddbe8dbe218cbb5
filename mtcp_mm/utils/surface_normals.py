# Copyright (c) mtcp_mm authors. All rights reserved.
"""Surface normals from a depth map."""
import numpy as np

from .camera import Camera


def normals_from_depth(depth: np.ndarray,
                       valid: np.ndarray,
                       camera: Camera,
                       radius: int = 5,
                       jump: float = .02,
                       slope: float = .012,
                       noise: float = .003) -> np.ndarray:
    """Unit normals by trimmed least squares over a window.

    Inverse depth of a plane is linear in pixel coordinates (<n, p> = d with
    p = z * (x, y, 1) gives 1 / z = <n, (x, y, 1)> / d), so in every window a
    linear function is fitted to 1 / z. The noise of a Kinect is about the
    same everywhere in 1 / z, too. Two passes: the first leaves out pixels
    whose depth jumps against the one in the middle, the second those that
    are off the plane of the first.

    Args:
        depth (np.ndarray): Metres along the optical axis, shape (H, W).
        valid (np.ndarray): Pixels to trust, bool (H, W). Depths that are not
            positive are never trusted.
        camera (Camera): Of these pixels.
        radius (int): Half of the window, in pixels. Defaults to 5 (11x11).
        jump (float): Relative change of 1 / z that is no jump, at once...
        slope (float): ... and per pixel of distance.
        noise (float): Second pass: distance from the plane in 1 / z, in 1/m.

    Returns:
        np.ndarray: float32 (H, W, 3), x right, y down, z forward, turned to
        the camera; 0-vector where the depth is not to be trusted or less
        than a quarter of the window lies on one plane.
    """
    height, width = depth.shape
    valid = valid & np.isfinite(depth) & (depth > 0)
    inverse = np.zeros((height, width), np.float32)
    np.divide(1, depth, out=inverse, where=valid)
    fit = _Fit(inverse, valid, radius)
    near = [jump + slope * max(abs(dy), abs(dx)) for dy, dx in fit.offsets]
    gu, gv, level, _ = fit.solve(
        lambda i, dy, dx, q: np.abs(q - inverse) < near[i] * inverse)
    gu, gv, level, count = fit.solve(
        lambda i, dy, dx, q: np.abs(q - level - dx * gu - dy * gv) < np.
        maximum(np.float32(noise), np.float32(.005) * inverse))
    # back from pixels to x and y: 1 / z = a x + b y + c
    x, y = camera.rays(height, width)
    a, b = gu * np.float32(camera.fx), gv * np.float32(camera.fy)
    # 1 / z is positive, so (a, b, c) looks away from the camera
    normals = -np.stack([a, b, level - a * x - b * y], -1)
    length = np.linalg.norm(normals, axis=-1)
    known = valid & (level > 0) & (length > 0) & (
        count >= len(fit.offsets) / 4)
    known &= fit.well_posed
    return np.where(known[..., None],
                    normals / np.where(known, length, 1)[..., None],
                    0).astype(np.float32)


class _Fit:
    """Fits q = level + gu * du + gv * dv around every pixel.

    Args:
        values (np.ndarray): q, float32 (H, W).
        valid (np.ndarray): Pixels that count, bool (H, W).
        radius (int): Half of the window.
    """

    def __init__(self, values, valid, radius) -> None:
        self.shape, self.radius = values.shape, radius
        self.values = np.pad(values, radius)
        self.valid = np.pad(valid, radius)
        span = range(-radius, radius + 1)
        self.offsets = [(dy, dx) for dy in span for dx in span]

    def _shifted(self, data, dy, dx):
        height, width = self.shape
        return data[self.radius + dy:self.radius + dy + height,
                    self.radius + dx:self.radius + dx + width]

    def solve(self, member):
        """Weighted least squares; ``member(i, dy, dx, q)`` says who counts.

        Returns:
            tuple: Slopes gu, gv per pixel, level and number of members, each
            (H, W); ``well_posed`` says where they mean something.
        """
        n, u, v, uu, uv, vv, q0, qu, qv = np.zeros((9, *self.shape),
                                                   np.float32)
        middle = self._shifted(self.values, 0, 0)
        for i, (dy, dx) in enumerate(self.offsets):
            q = self._shifted(self.values, dy, dx)
            w = (self._shifted(self.valid, dy, dx)
                 & member(i, dy, dx, q)).astype(np.float32)
            d = (q - middle) * w  # small numbers: float32 is enough
            n += w
            q0 += d
            if dx:
                u += dx * w
                uu += dx * dx * w
                qu += dx * d
            if dy:
                v += dy * w
                vv += dy * dy * w
                qv += dy * d
            if dx and dy:
                uv += dx * dy * w
        m = np.maximum(n, 1)
        uu, uv, vv = uu - u * u / m, uv - u * v / m, vv - v * v / m
        qu, qv = qu - q0 * u / m, qv - q0 * v / m
        det = uu * vv - uv * uv
        # members on one line say nothing about the slope across it
        self.well_posed = det > .02 * n * n
        safe = np.where(self.well_posed, det, 1)
        gu = np.where(self.well_posed, (vv * qu - uv * qv) / safe, 0)
        gv = np.where(self.well_posed, (uu * qv - uv * qu) / safe, 0)
        return gu, gv, middle + (q0 - gu * u - gv * v) / m, n
