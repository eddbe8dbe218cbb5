# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: planes rendered analytically (`render_plane`)."""
import numpy as np
import pytest
from mmengine.registry import TRANSFORMS, DefaultScope

from mtcp_mm.datasets.transforms import MultiTaskRandomResize

BASE = (32, 24)  # width, height
FOCAL = 30.  # of the images at base size


class TestMultiTaskRandomResize:

    @pytest.mark.parametrize('zoom', [.75, 1., 1.5, 2.])
    @pytest.mark.parametrize('file_scale', [1, 2])
    def test_depth_is_what_the_base_camera_would_see(
            self, make_results, render_plane, zoom, file_scale):
        """mmcv's and mmseg's resize leave depth as it is. Stretching a
        picture by z shows, through the camera that takes pictures of the base
        size, a scene whose z axis is shortened by z: the plane <n, p> = d
        becomes <(n_x, n_y, z * n_z), p> = d. The size of the file must not
        matter, as the fixed resize of test images changes no depth either.
        """
        normal = np.array([.3, -.2, -.9])
        normal /= np.linalg.norm(normal)
        w, h = BASE
        depth, _ = render_plane(normal, -2., h * file_scale, w * file_scale,
                                FOCAL * file_scale)
        seen = normal * (1, 1, zoom)
        expected, _ = render_plane(seen, -2. / np.linalg.norm(seen),
                                   int(h * zoom), int(w * zoom), FOCAL)
        results = make_results(*depth.shape, labels=dict(depth=depth))
        results = MultiTaskRandomResize(BASE, (zoom, zoom))(results)
        got = results['gt_depth']
        assert got.shape == expected.shape
        assert got.dtype == np.float32
        # nearest neighbour: the map may be off by a pixel of either size
        slope = max(np.abs(np.diff(expected, axis=a)).max() for a in (0, 1))
        np.testing.assert_allclose(got, expected, atol=2.5 * slope)
        assert abs(np.median(got / expected) - 1) < .02

    def test_frontal_wall_is_exact(self, make_results):
        """A wall 3 m away that looks 1.5 times as large is 2 m away."""
        wall = np.full((48, 64), 3, np.float32)
        results = make_results(48, 64, labels=dict(depth=wall))
        got = MultiTaskRandomResize(BASE, (1.5, 1.5))(results)['gt_depth']
        np.testing.assert_allclose(got, np.full((36, 48), 2.), rtol=1e-6)

    def test_without_base_the_image_is_it(self, make_results):
        """Twice 1.5 times as large: 3 m look like 4/3 m, and `zoom` says by
        what to multiply them."""
        wall = np.full((24, 32), 3, np.float32)
        results = make_results(labels=dict(depth=wall))
        zoom = MultiTaskRandomResize(None, (1.5, 1.5))
        results = zoom(zoom(results))
        assert results['img'].shape == (54, 72, 3)
        np.testing.assert_allclose(
            results['gt_depth'], np.full((54, 72), 4 / 3), rtol=1e-6)
        assert results['zoom'] == pytest.approx(2.25)

    def test_missing_depth_stays_missing(self, make_results):
        """Nearest neighbour and division keep 0; bilinear would blend a hole
        with its neighbours into a valid-looking depth."""
        depth = np.full((24, 32), 3, np.float32)
        depth[:, ::3] = 0
        results = make_results(labels=dict(depth=depth))
        got = MultiTaskRandomResize(BASE, (1.5, 1.5))(results)['gt_depth']
        assert set(np.unique(got)) == {0, 2}

    def test_other_labels_move_without_new_values(self, make_results):
        """mmcv's Resize leaves every field but `gt_seg_map` at its old size;
        interpolation would make up classes, edges and blunt normals."""
        results = make_results()
        old = {key: results[key].copy() for key in results['seg_fields']}
        results = MultiTaskRandomResize(BASE, (2., 2.))(results)
        for key in ('gt_semseg', 'gt_normals', 'gt_edge'):
            np.testing.assert_array_equal(
                results[key], old[key].repeat(2, axis=0).repeat(2, axis=1))
            assert results[key].dtype == old[key].dtype

    def test_keep_ratio(self, make_results):
        """A 40x20 picture fits 32x24 as 32x16, and 64x48 as 64x32: zoom 2."""
        wall = np.full((20, 40), 3, np.float32)
        results = make_results(20, 40, labels=dict(depth=wall))
        results = MultiTaskRandomResize(
            BASE, (2., 2.), keep_ratio=True)(results)
        np.testing.assert_allclose(
            results['gt_depth'], np.full((32, 64), 1.5), rtol=1e-6)
        assert results['img'].shape == (32, 64, 3)

    @pytest.mark.parametrize('scope', ['mmseg', 'mmengine', 'mtcp_mm'])
    def test_scope_does_not_matter(self, make_results, scope):
        """mmcv's RandomResize builds a bare `Resize`: outside mmseg's scope
        that is mmcv's, and all labels silently keep the old size."""
        with DefaultScope.overwrite_default_scope(scope):
            resize = TRANSFORMS.build(
                dict(
                    type='mtcp_mm.MultiTaskRandomResize',
                    scale=list(BASE),
                    ratio_range=[.5, 2.]))
        np.random.seed(0)
        results = resize(make_results())
        size = results['img'].shape[:2]
        assert size != (24, 32)
        for key in results['seg_fields']:
            assert results[key].shape[:2] == size, key

    def test_image_without_labels(self, make_results):
        nothing = dict.fromkeys(('semseg', 'depth', 'normals', 'edge'))
        results = make_results(labels=nothing)
        results = MultiTaskRandomResize(BASE, (2., 2.))(results)
        assert results['img'].shape == (48, 64, 3)

    @pytest.mark.parametrize('kwargs, message', [
        (dict(scale=[(32, 24), (64, 48)], ratio_range=(1, 2)), 'base size'),
        (dict(scale=(32, 24), ratio_range=(2, 1)), 'smallest'),
    ])
    def test_rejects(self, kwargs, message):
        with pytest.raises(ValueError, match=message):
            MultiTaskRandomResize(**kwargs)
