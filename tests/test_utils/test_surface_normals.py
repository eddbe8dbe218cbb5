# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest

from mtcp_mm.preparation.nyud_mat import NYU_CAMERA
from mtcp_mm.utils.camera import Camera
from mtcp_mm.utils.surface_normals import normals_from_depth


def angles(a, b):
    """Degrees between unit vectors (..., 3), float64."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return np.degrees(2 * np.arctan2(
        np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1)))


def centred(height, width, focal):
    """Camera of the fixture ``render_plane``."""
    return Camera(focal, focal, width / 2, height / 2, first=.5)


class TestNormalsFromDepth:
    """Oracle: planes and spheres of which the normals are known."""

    @pytest.mark.parametrize('normal, offset', [
        ((0, 0, -1), -3.), ((.5, 0, -.9), -2.), ((0, -1, -.3), -1.2),
        ((-.3, .6, -.5), -4.)])
    def test_plane(self, render_plane, normal, offset):
        depth, truth = render_plane(normal, offset, 40, 50, 60.)
        # grazing or behind the camera is not seen
        seen = (depth > 0) & (depth < 8)
        found = normals_from_depth(depth, seen, centred(40, 50, 60.),
                                   slope=.1)
        known = (found != 0).any(-1)
        assert known[seen].mean() > .9 and not known[~seen].any()
        assert angles(found, truth)[known].max() < .05
        assert np.linalg.norm(found[known], axis=-1) == pytest.approx(1)

    def test_nyu_camera_counts_from_one(self):
        """A wall that fills a 480x640 image, by MATLAB's 1:W and 1:H."""
        normal = np.array([.4, -.2, -.9]) / np.linalg.norm([.4, -.2, -.9])
        u, v = np.meshgrid(np.arange(1, 641), np.arange(1, 481))
        rays = np.stack([(u - 325.582449) / 518.857901,
                         (v - 253.736166) / 519.469611, u * 0 + 1.], -1)
        depth = (-2.5 / (rays @ normal)).astype(np.float32)
        rows = slice(100, 140)
        camera = Camera(**{**vars(NYU_CAMERA), 'cy': 253.736166 - 100})
        found = normals_from_depth(depth[rows], depth[rows] > 0, camera)
        assert angles(found, normal).max() < .03

    def test_sphere(self):
        height, width, focal, radius = 60, 70, 80., 1.
        centre = np.array([.1, -.2, 3.])
        v, u = np.mgrid[:height, :width] + .5
        rays = np.stack([(u - width / 2) / focal, (v - height / 2) / focal,
                         np.ones_like(u)], -1)
        # |t r - c| = R, the nearer root
        a, b = (rays**2).sum(-1), rays @ centre
        root = b**2 - a * (centre @ centre - radius**2)
        hit = root > 0
        depth = np.where(hit, (b - np.sqrt(root.clip(0))) / a, 0)
        points = rays * depth[..., None]
        truth = (points - centre) / radius
        found = normals_from_depth(depth, hit, centred(height, width, focal),
                                   radius=1, slope=.05, noise=.05)
        facing = hit & (-(truth * rays).sum(-1) > .5 * np.sqrt(a))
        error = angles(found, truth)[facing]
        assert facing.sum() > 500
        assert np.median(error) < 1 and error.max() < 5

    def test_step_is_not_smoothed(self):
        """Two walls, 2 and 3 m away: the step has no slope of its own."""
        depth = np.full((30, 40), 2., np.float32)
        depth[:, 20:] = 3
        found = normals_from_depth(depth, depth > 0, centred(30, 40, 50.))
        known = (found != 0).any(-1)
        assert known.all()
        assert angles(found, np.array([0, 0, -1.])).max() < 1e-3

    def test_noise_is_averaged(self):
        """Differences of neighbours would be off by tens of degrees."""
        rng = np.random.default_rng(0)
        depth = 1 / (.5 + rng.normal(0, .0005, (80, 100)))
        camera = centred(80, 100, 519.)
        found = normals_from_depth(depth, depth > 0, camera)
        naive = np.degrees(np.arctan(np.abs(np.diff(depth, axis=1)) / (
            depth[:, 1:] / 519))).mean()
        error = angles(found, np.array([0, 0, -1.]))
        assert naive > 15 and error.mean() < naive / 5

    def test_unknown(self):
        depth = np.full((30, 40), 2., np.float32)
        depth[0, 0], depth[1, 1], depth[2, 2] = np.nan, np.inf, -1
        valid = np.ones((30, 40), bool)
        valid[:, 30:] = False
        valid[:, 35] = True  # a line has no normal
        found = normals_from_depth(depth, valid, centred(30, 40, 50.))
        unknown = ~valid
        unknown[:, 35] = True
        unknown[[0, 1, 2], [0, 1, 2]] = True
        np.testing.assert_array_equal((found == 0).all(-1), unknown)
        assert np.isfinite(found).all() and found.dtype == np.float32

    def test_nothing_to_see(self):
        depth = np.zeros((20, 20), np.float32)
        assert not normals_from_depth(depth, depth > 0, NYU_CAMERA).any()
