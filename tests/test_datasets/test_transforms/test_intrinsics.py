# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracles: planes of which the normal is known, in float64, and pixels whose
way through a transform is counted by hand."""
import numpy as np
import pytest
from mmengine.registry import TRANSFORMS

from mtcp_mm.datasets.transforms import (
    MultiTaskRandomCrop,
    MultiTaskRandomFlip,
    MultiTaskRandomResize,
    MultiTaskRandomRotate,
    PackMultiTaskInputs,
)
from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils.camera import Camera

HEIGHT, WIDTH = 96, 160
CAMERA = Camera(725., 705., 90., 40., size=(HEIGHT, WIDTH))
NORMAL = np.array([.35, -.8, -.5])
NORMAL /= np.linalg.norm(NORMAL)
TASKS = build_tasks(dict(
    depth=dict(type='mtcp_mm.DepthTask'),
    normals=dict(type='mtcp_mm.NormalsTask')))


def plane(camera=CAMERA, height=HEIGHT, width=WIDTH):
    """Depth of <NORMAL, p> = -6 through the centres of the pixels."""
    v, u = np.mgrid[:height, :width]
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy,
                     np.ones(u.shape)], -1)
    return (-6 / (rays @ NORMAL)).astype(np.float32)


def load(camera=CAMERA):
    """What the pipeline holds after loading."""
    depth = plane()
    normals = TASKS['normals'].decode_label(
        depth, from_depth=dict(radius=1), camera=camera)
    return dict(
        img=np.zeros((HEIGHT, WIDTH, 3), np.uint8),
        img_shape=(HEIGHT, WIDTH),
        ori_shape=(HEIGHT, WIDTH),
        tasks=TASKS,
        camera=camera,
        gt_depth=depth,
        gt_normals=normals,
        seg_fields=['gt_depth', 'gt_normals'])


def fitted_normal(depth, intrinsics):
    """Normal of the plane through the back-projected points."""
    v, u = np.nonzero(depth)
    rays = np.stack([u, v, np.ones(u.shape)]) * 1.
    points = np.linalg.inv(intrinsics) @ rays * depth[v, u].astype(np.float64)
    centred = points - points.mean(1, keepdims=True)
    normal = np.linalg.svd(centred @ centred.T)[0][:, 2]
    return -normal * np.sign(normal @ points.mean(1))


def degrees(a, b):
    return np.degrees(2 * np.arctan2(np.linalg.norm(a - b, axis=-1),
                                     np.linalg.norm(a + b, axis=-1)))


def check(results, expected):
    """Depth and intrinsics, and the normals beside them, say the same."""
    found = fitted_normal(results['gt_depth'], results['intrinsics'])
    assert degrees(found, expected) < .1
    normals = results['gt_normals'].astype(np.float64)
    known = normals.any(-1)
    assert known.mean() > .6
    assert degrees(normals, expected)[known].max() < .1


def packed(results):
    meta = PackMultiTaskInputs()(dict(results))['data_samples']
    return dict(results, intrinsics=meta.intrinsics)


MIRRORS = dict(horizontal=(-1, 1, 1), vertical=(1, -1, 1),
               diagonal=(-1, -1, 1))


@pytest.mark.parametrize('ratio', [.5, .75, 1., 1.37, 2.])
@pytest.mark.parametrize('scale', [(160, 96), (128, 96)])
@pytest.mark.parametrize('direction', [None, *MIRRORS])
def test_plane_keeps_its_normal(ratio, scale, direction):
    np.random.seed(int(10 * ratio))
    results = MultiTaskRandomResize(scale, (ratio, ratio))(load())
    results = MultiTaskRandomCrop((44, 61))(results)
    expected = NORMAL
    if direction:
        results = MultiTaskRandomFlip(1., direction)(results)
        expected = NORMAL * MIRRORS[direction]
    check(packed(results), expected)


@pytest.mark.parametrize('angle', [-20, 12])
def test_plane_turns(angle):
    """Clockwise: what pointed right points down."""
    results = MultiTaskRandomRotate((angle, angle))(load())
    results = MultiTaskRandomCrop((60, 60))(results)
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    x, y, z = NORMAL
    check(packed(results), np.array([cos * x - sin * y, sin * x + cos * y,
                                     z]))


def test_wrong_intrinsics_are_found_out():
    """That a degree of freedom is seen by the oracle at all."""
    results = packed(load())
    check(results, NORMAL)
    results['intrinsics'][0, 2] = WIDTH - 1 - CAMERA.cx
    with pytest.raises(AssertionError):
        check(results, NORMAL)


def test_matrices_by_hand():
    """A principal point at (90, 40) of 160x96; twice as large it is at
    (180.5, 80.5), as pixel 0 becomes 0 and 1. A window from (10, 20), then a
    mirror of 100 columns: 99 - 170.5."""
    results = load()
    results = TRANSFORMS.build(
        dict(type='mmseg.Resize', scale=(320, 192)))(results)
    crop = MultiTaskRandomCrop((80, 100))
    crop.draw_window = lambda results: (20, 100, 10, 110)
    results = crop(results)
    np.testing.assert_allclose(results['intrinsics'], [
        [1450, 0, 170.5], [0, 1410, 60.5], [0, 0, 1]])
    results = packed(MultiTaskRandomFlip(1.)(results))
    np.testing.assert_allclose(results['intrinsics'], [
        [1450, 0, -71.5], [0, 1410, 60.5], [0, 0, 1]])


def test_a_window_beyond_the_border():
    """What is smaller than the window stays as it is."""
    results = packed(MultiTaskRandomCrop((200, 300))(load()))
    np.testing.assert_allclose(results['intrinsics'], CAMERA.matrix)


def test_copies_of_half_the_size():
    """The camera counts in pixels of files twice as large."""
    double = Camera(1450., 1410., 180.5, 80.5, size=(192, 320))
    results = load(double)
    check(packed(results), NORMAL)
    np.testing.assert_allclose(
        packed(results)['intrinsics'], CAMERA.matrix)


def test_no_camera_no_intrinsics():
    results = load()
    del results['camera']
    sample = PackMultiTaskInputs()(MultiTaskRandomFlip(1.)(results))
    assert 'intrinsics' not in sample['data_samples']


def test_a_crop_that_leaves_them_behind_is_refused():
    results = TRANSFORMS.build(
        dict(type='mmseg.RandomCrop', crop_size=(40, 40)))(load())
    with pytest.raises(ValueError, match=r'\(40, 40\).*MultiTaskRandomCrop'):
        PackMultiTaskInputs()(results)
