# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: the mirrored scene, rendered analytically (`render_plane`)."""
import numpy as np
import pytest

from mtcp_mm.datasets.transforms import MultiTaskRandomFlip
from mtcp_mm.tasks import SemSegTask

SIGNS = dict(horizontal=(-1, 1, 1), vertical=(1, -1, 1), diagonal=(-1, -1, 1))


class TestMultiTaskRandomFlip:

    @pytest.mark.parametrize('direction', list(SIGNS))
    def test_equals_a_picture_of_the_mirrored_scene(self, make_results,
                                                    render_plane, direction):
        """mmseg's RandomFlip moves a normal, but leaves its x as it was: the
        wall on the right would still face left after the flip."""
        normal = np.array([.5, -.3, -.8])
        depth, normals = render_plane(normal, -2., 24, 32, 30.)
        results = make_results(labels=dict(depth=depth, normals=normals))
        results = MultiTaskRandomFlip(1., direction)(results)
        depth, normals = render_plane(normal * SIGNS[direction], -2., 24, 32,
                                      30.)
        np.testing.assert_allclose(results['gt_depth'], depth, rtol=1e-6)
        np.testing.assert_allclose(results['gt_normals'], normals, rtol=1e-6)

    @pytest.mark.parametrize('direction, view', [
        ('horizontal', np.s_[:, ::-1]),
        ('vertical', np.s_[::-1]),
        ('diagonal', np.s_[::-1, ::-1]),
    ])
    def test_maps_move_with_the_image(self, make_results, direction, view):
        old = make_results()
        new = MultiTaskRandomFlip(1., direction)(make_results())
        for key in ('img', 'gt_semseg', 'gt_edge', 'gt_depth'):
            np.testing.assert_array_equal(new[key], old[key][view])
        assert new['flip'] and new['flip_direction'] == direction

    def test_no_flip(self, make_results):
        old, new = make_results(), make_results()
        new = MultiTaskRandomFlip(0.)(new)
        for key in ('img', *old['seg_fields']):
            np.testing.assert_array_equal(new[key], old[key])
        assert new['flip'] is False

    def test_swapping_parts_touches_no_other_label(self, make_results):
        """mmseg's `swap_seg_labels` exchanges the values in every field: with
        left arm 1 and right arm 2, 1 m of depth would become 2 m."""

        class PartsTask(SemSegTask):

            def flip_label(self, label, direction):
                return np.array([0, 2, 1], np.uint8)[label]

        results = make_results(2, 2)
        parts = results['tasks']['semseg'] = PartsTask(num_classes=3)
        parts.name = 'semseg'
        results['gt_semseg'] = np.array([[0, 1], [2, 2]], np.uint8)
        results['gt_depth'] = np.array([[1, 2], [2, 1]], np.float32)
        results['gt_edge'] = np.array([[1, 0], [0, 1]], np.uint8)
        results = MultiTaskRandomFlip(1.)(results)
        np.testing.assert_array_equal(results['gt_semseg'], [[2, 0], [1, 1]])
        np.testing.assert_array_equal(results['gt_depth'], [[2, 1], [1, 2]])
        np.testing.assert_array_equal(results['gt_edge'], [[0, 1], [1, 0]])
        with pytest.raises(TypeError, match='swap_seg_labels'):
            MultiTaskRandomFlip(1., swap_seg_labels=[(1, 2)])

    def test_missing_normals_stay_missing(self, make_results):
        normals = np.zeros((24, 32, 3), np.float32)
        results = make_results(labels=dict(normals=normals))
        assert not MultiTaskRandomFlip(1.)(results)['gt_normals'].any()

    def test_image_without_labels(self, make_results):
        nothing = dict.fromkeys(('semseg', 'depth', 'normals', 'edge'))
        results = MultiTaskRandomFlip(1.)(make_results(labels=nothing))
        assert not [key for key in results if key.startswith('gt_')]
