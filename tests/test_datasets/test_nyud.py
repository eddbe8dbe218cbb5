# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracles: arrays from which the archive was written, and, for the real
sample, its own converter and the definition of a normal."""
import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.datasets import NYUDMultiTaskDataset
from mtcp_mm.datasets.nyud import CLASSES, PALETTE

TEST = [
    dict(type='mmcv.LoadImageFromFile'),
    dict(type='mmseg.Resize', scale=(64, 48)),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
FLIPPED = [
    dict(type='mmcv.LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(type='mtcp_mm.MultiTaskRandomFlip', prob=1.),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
TRAIN = [
    dict(type='mmcv.LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(
        type='mtcp_mm.MultiTaskRandomResize',
        scale=(640, 480),
        ratio_range=(1., 1.5)),
    dict(
        type='mtcp_mm.MultiTaskRandomCrop',
        crop_size=(480, 640),
        cat_max_ratio=.75,
        cat_task='semseg'),
    dict(type='mtcp_mm.MultiTaskRandomFlip', prob=.5),
    dict(type='mmseg.PhotoMetricDistortion'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
SAMPLE = Path(__file__).resolve().parents[2].parent.joinpath(
    'shared', 'data', 'replica_apartment0')


def test_classes():
    assert len(CLASSES) == len(set(CLASSES)) == 40
    assert len({tuple(colour) for colour in PALETTE}) == 40


@pytest.mark.parametrize('layout', ['mt', 'v2'])
@pytest.mark.parametrize('asked', ['auto', 'named'])
def test_both_archives(make_nyud, tmp_path, task_cfg, layout, asked):
    """Labels keep the size of the file (12, 16) in testing; void of the class
    map is file value 0, classes count from 1."""
    written = make_nyud(tmp_path, {'0001': (), '0009': ()}, layout)
    dataset = NYUDMultiTaskDataset(
        str(tmp_path),
        task_cfg,
        split='val',
        layout='auto' if asked == 'auto' else layout,
        pipeline=TEST,
        test_mode=True)
    assert len(dataset) == 2
    for item, known in zip(dataset, written.values()):
        assert item['inputs'].shape == (3, 48, 64)
        sample = item['data_samples']
        seg = known['segmentation'].astype(int)
        np.testing.assert_array_equal(sample.gt_semseg.data[0],
                                      np.where(seg == 0, 255, seg - 1))
        np.testing.assert_array_equal(sample.gt_depth.data[0], known['depth'])
        np.testing.assert_array_equal(sample.gt_edge.data[0], known['edge'])
        normals = known['normals'].astype(np.float64) * 2 / 255 - 1
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
        np.testing.assert_allclose(
            sample.gt_normals.data.permute(1, 2, 0), normals, atol=1e-5)
        assert sample.ori_shape == (12, 16)
        assert sample.img_shape == (48, 64)


def test_missing_normals_of_the_v2_archive(make_nyud, tmp_path, task_cfg):
    """8 bits cannot hold the 0-vector: 127 or 128 is not exactly 0, and
    would become a valid-looking diagonal direction once normalised."""
    make_nyud(tmp_path, {'0001': ()}, 'v2')
    image = np.full((12, 16, 3), 128, np.uint8)
    image[:6] = 127
    image[0, 0] = (255, 128, 128)
    Image.fromarray(image).save(tmp_path / 'normals/0001.png')
    dataset = NYUDMultiTaskDataset(str(tmp_path), task_cfg, pipeline=TEST)
    normals = dataset[0]['data_samples'].gt_normals.data
    np.testing.assert_allclose(normals[:, 0, 0], (1, 0, 0), atol=.01)
    assert not normals[:, 1:].any() and not normals[:, 0, 1:].any()


@pytest.fixture(scope='module', params=['mt', 'v2'])
def archive(request, tmp_path_factory):
    root = tmp_path_factory.mktemp(request.param)
    subprocess.run([
        sys.executable, SAMPLE / 'to_nyud.py', root, '--every', '40',
        '--layout', request.param
    ], check=True)
    return root


@pytest.fixture(scope='module')
def converter():
    spec = importlib.util.spec_from_file_location('to_nyud',
                                                  SAMPLE / 'to_nyud.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not SAMPLE.is_dir(), reason=f'no {SAMPLE}')
class TestRealSample:

    def test_labels(self, archive, task_cfg):
        dataset = NYUDMultiTaskDataset(
            str(archive), task_cfg, pipeline=TEST, test_mode=True)
        ids = (archive / 'gt_sets/train.txt').read_text().split()
        assert len(dataset) == len(ids) == 5
        for i, image_id in enumerate(ids):
            sample = dataset[i]['data_samples']
            assert sample.sample_id == image_id
            raw = np.array(Image.open(SAMPLE / f'depth/{image_id}.png'))
            depth = raw.astype(np.float32) / 4000
            depth[depth < .3] = 0
            np.testing.assert_array_equal(sample.gt_depth.data[0], depth)
            seg = np.array(
                Image.open(archive / f'segmentation/{image_id}.png'))
            np.testing.assert_array_equal(sample.gt_semseg.data[0],
                                          seg.astype(np.uint8) - np.uint8(1))
            edge = np.zeros(seg.shape, bool)
            edge[:, 1:] |= seg[:, 1:] != seg[:, :-1]
            edge[1:] |= seg[1:] != seg[:-1]
            np.testing.assert_array_equal(sample.gt_edge.data[0], edge)

    def test_flipped_normals_are_those_of_the_flipped_depth(
            self, archive, converter, task_cfg):
        """mmseg's RandomFlip would be off by up to 180 degrees on the walls
        at the sides."""
        dataset = NYUDMultiTaskDataset(
            str(archive), task_cfg, indices=2, pipeline=FLIPPED)
        for item in dataset:
            sample = item['data_samples']
            depth = sample.gt_depth.data[0].double().numpy()
            expected = converter.normals_from_depth(depth)
            got = sample.gt_normals.data.permute(1, 2, 0).numpy()
            known = got.any(-1)
            np.testing.assert_array_equal(known, expected.any(-1))
            cosine = (got * expected).sum(-1)[known]
            assert cosine.min() > np.cos(np.radians(1))

    def test_training_pipeline(self, archive, task_cfg):
        dataset = NYUDMultiTaskDataset(str(archive), task_cfg, pipeline=TRAIN)
        np.random.seed(0)
        for item in dataset:
            assert item['inputs'].shape == (3, 480, 640)
            sample = item['data_samples']
            assert set(sample.keys()) == {
                'gt_semseg', 'gt_depth', 'gt_normals', 'gt_edge'
            }
            for key in sample.keys():
                assert sample.get(key).shape == (480, 640)
            length = sample.gt_normals.data.norm(dim=0)
            assert ((length == 0) | ((length - 1).abs() < 1e-5)).all()

    def test_class_names(self, converter):
        for name, number in converter.NYU40.items():
            if name in CLASSES:
                assert CLASSES[number - 1] == name
