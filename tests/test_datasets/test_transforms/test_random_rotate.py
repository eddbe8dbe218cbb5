# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracles: rolled scenes, rendered analytically; a rotation written pixel by
pixel; and exact quarter turns."""
import numpy as np
import pytest
from mmengine.registry import TRANSFORMS

from mtcp_mm.datasets.transforms import (
    MultiTaskRandomResize,
    MultiTaskRandomRotate,
)
from mtcp_mm.tasks import build_tasks

FOCAL = 30.
VOID = dict(gt_semseg=255, gt_depth=0, gt_normals=0, gt_edge=255)


def roll(vector, degrees):
    """A vector (x right, y down, z forward) after a clockwise turn."""
    a = np.radians(degrees)
    turn = [[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]]
    return np.array(turn) @ vector


def sources(height, width, degrees):
    """Where each pixel of the turned picture comes from: (row, column)."""
    a = np.radians(degrees)
    rows, columns = np.mgrid[:height, :width]
    y, x = rows - (height - 1) / 2, columns - (width - 1) / 2
    return (np.cos(a) * y - np.sin(a) * x + (height - 1) / 2,
            np.sin(a) * y + np.cos(a) * x + (width - 1) / 2)


def inside(row, column, height, width, margin=0.):
    return ((row > -.5 + margin) & (row < height - .5 - margin)
            & (column > -.5 + margin) & (column < width - .5 - margin))


def rotate_by(degrees, **kwargs):
    return MultiTaskRandomRotate((degrees, degrees), **kwargs)


class TestMultiTaskRandomRotate:

    @pytest.mark.parametrize('degrees', [20, -20, 75, 180])
    def test_equals_a_picture_of_the_rolled_scene(self, make_results,
                                                  render_plane, degrees):
        """mmseg's RandomRotate moves a normal, but lets it point where it
        did: 20 degrees off, and the depth beside it says so."""
        normal, size = np.array([.5, -.3, -.8]), (24, 32)
        depth, normals = render_plane(normal, -2., *size, FOCAL)
        results = make_results(labels=dict(depth=depth, normals=normals))
        results = rotate_by(degrees)(results)
        depth, normals = render_plane(
            roll(normal, degrees), -2., *size, FOCAL)
        source = sources(*size, degrees)
        seen = inside(*source, *size, margin=.02)
        void = ~inside(*source, *size, margin=-.02)
        np.testing.assert_allclose(
            results['gt_normals'][seen], normals[seen], atol=1e-6)
        assert results['gt_normals'].dtype == np.float32
        # nearest neighbour: off by less than a pixel
        slope = max(np.abs(np.diff(depth, axis=a)).max() for a in (0, 1))
        np.testing.assert_allclose(
            results['gt_depth'][seen], depth[seen], atol=slope)
        assert void.sum() > 50 or degrees == 180
        assert not results['gt_normals'][void].any()
        assert not results['gt_depth'][void].any()

    def test_curved_surface(self, make_results):
        """The sphere in the middle looks the same from every roll, so the
        normals of its turned picture are those that it had before."""
        rows, columns = np.mgrid[:41, :41] - 20.
        x, y = columns / 18, rows / 18
        ball = x**2 + y**2 < .95
        z = -np.sqrt(np.maximum(1 - x**2 - y**2, 0))
        normals = np.stack([x, y, z], -1) * ball[..., None]
        results = make_results(
            41, 41, labels=dict(normals=normals.astype(np.float32)))
        got = rotate_by(20)(results)['gt_normals']
        core = x**2 + y**2 < .6
        cosine = (got * normals).sum(-1)[core]
        # a pixel of the sphere spans 3 to 5 degrees, unturned would be 20
        assert np.degrees(np.arccos(cosine.min())) < 5

    @pytest.mark.parametrize('degrees', [17.3, -20.])
    def test_labels_come_from_the_nearest_pixel(self, make_results, degrees):
        """Interpolation would make up classes and edges; the border of every
        label is its own void, of which class 0 is none."""
        old, new = make_results(), rotate_by(degrees)(make_results())
        row, column = sources(24, 32, degrees)
        void = ~inside(row, column, 24, 32, margin=-.02)
        # fixed-point arithmetic of OpenCV may tip a tie over
        tie = np.maximum(abs(row % 1 - .5), abs(column % 1 - .5)) > .48
        tie |= np.minimum(abs(row % 1 - .5), abs(column % 1 - .5)) < .02
        clear = inside(row, column, 24, 32, margin=.02) & ~tie
        assert clear.sum() > 400 and void.sum() > 50
        row, column = (np.rint(s).astype(int)[clear] for s in (row, column))
        for key in ('gt_semseg', 'gt_depth', 'gt_edge'):
            np.testing.assert_array_equal(new[key][clear],
                                          old[key][row, column])
            assert new[key].dtype == old[key].dtype
        for key, value in VOID.items():
            assert (new[key][void] == value).all(), key

    def test_image_is_interpolated(self, make_results):
        """Oracle: bilinear interpolation of a ramp is the ramp itself, seen
        from the turned pixel."""
        ramp = np.arange(32) * 8 + np.zeros((24, 1))
        results = make_results()
        results['img'] = np.stack([ramp] * 3, -1).astype(np.uint8)
        got = rotate_by(20, pad_val=(10, 20, 30))(results)['img']
        row, column = sources(24, 32, 20)
        seen = inside(row, column, 24, 32, margin=.6)
        np.testing.assert_allclose(
            got[seen][:, 0], column[seen] * 8, atol=8 / 32 + 1)
        corner = ~inside(row, column, 24, 32, margin=-.6)
        assert corner.any() and (got[corner] == (10, 20, 30)).all()

    def test_half_turn_is_exact(self, make_results):
        old, new = make_results(), rotate_by(180)(make_results())
        for key in ('img', 'gt_semseg', 'gt_edge', 'gt_depth'):
            np.testing.assert_array_equal(new[key], old[key][::-1, ::-1])
        np.testing.assert_allclose(
            new['gt_normals'],
            old['gt_normals'][::-1, ::-1] * (-1, -1, 1),
            atol=1e-6)

    def test_parts_and_saliency_get_void_borders(self):
        """The code that this field shares fills them with class 0: people
        would be cut off by background that nobody saw."""
        tasks = build_tasks(
            dict(
                parts=dict(type='mtcp_mm.HumanPartsTask'),
                saliency=dict(type='mtcp_mm.SaliencyTask')))
        one = np.ones((20, 30), np.uint8)
        results = dict(
            img=np.zeros((20, 30, 3), np.uint8),
            tasks=tasks,
            gt_parts=one,
            gt_saliency=one)
        results = rotate_by(20)(results)
        for key in ('gt_parts', 'gt_saliency'):
            assert set(np.unique(results[key])) == {1, 255}

    @pytest.mark.parametrize('zoom', [.75, 1.25])
    def test_with_zoom(self, make_results, zoom):
        """PASCAL's recipe: turn, then zoom. A wall 3 m away that looks z
        times as large is 3 / z m away; the corners stay unknown."""
        results = make_results(
            40, 60, labels=dict(depth=np.full((40, 60), 3, np.float32)))
        results = rotate_by(20)(results)
        results = MultiTaskRandomResize((60, 40), (zoom, zoom))(results)
        depth = results['gt_depth']
        assert depth.shape == (int(40 * zoom), int(60 * zoom))
        np.testing.assert_allclose(
            np.unique(depth), [0, 3 / zoom], rtol=1e-6)
        np.testing.assert_array_equal(depth == 0,
                                      (results['gt_normals'] == 0).all(-1))

    def test_angles_fill_the_range(self, make_results):
        np.random.seed(0)
        rotate = MultiTaskRandomRotate(20)
        angles = [rotate.draw_angle() for _ in range(300)]
        assert -20 <= min(angles) < -18 and 18 < max(angles) <= 20
        assert abs(np.mean(angles)) < 2

    def test_probability(self, make_results):
        np.random.seed(0)
        old, new = make_results(), make_results()
        new = MultiTaskRandomRotate(20, prob=0.)(new)
        for key in ('img', *old['seg_fields']):
            np.testing.assert_array_equal(new[key], old[key])
        half = MultiTaskRandomRotate(20, prob=.5)
        left = sum(half.draw_angle() is None for _ in range(400))
        assert 150 < left < 250

    def test_image_without_labels(self, make_results):
        nothing = dict.fromkeys(('semseg', 'depth', 'normals', 'edge'))
        results = rotate_by(20)(make_results(labels=nothing))
        assert not [key for key in results if key.startswith('gt_')]

    @pytest.mark.parametrize('kwargs, message', [
        (dict(degrees=(20, -20)), 'largest'),
        (dict(degrees=181), 'within'),
        (dict(degrees=20, prob=2), 'prob'),
    ])
    def test_rejects(self, kwargs, message):
        with pytest.raises(ValueError, match=message):
            TRANSFORMS.build(
                dict(type='mtcp_mm.MultiTaskRandomRotate', **kwargs))
