# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: files written byte by byte, and what they mean, by hand."""
import json

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.datasets import CityscapesMultiTaskDataset
from mtcp_mm.utils.errors import DataNotFoundError
from .png_file import write_png

SEMSEG = dict(semseg=dict(type='mtcp_mm.SemSegTask', num_classes=19))
DEPTH = dict(depth=dict(type='mtcp_mm.DepthTask'))
NORMALS = dict(normals=dict(type='mtcp_mm.NormalsTask'))
LOAD = [dict(type='mmcv.LoadImageFromFile'),
        dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
        dict(type='mtcp_mm.PackMultiTaskInputs')]
NAME = 'ulm_000001_000019'
#: Columns 0, 1: nothing; then 1 px, 8.5 px and 100 px.
DISPARITY = np.array([0, 1, 257, 2177, 25601, 25601, 0, 0], np.uint16)
#: baseline * fx = 0.2 * 2000 = 400 px m; 400 / 8.5.
METRES = [0, 0, 400, 47.0588235, 4, 4, 0, 0]
IDS = np.array([7, 33, 0, 255, 26, 27, 14, 22], np.uint8)
CLASSES = [0, 18, 255, 255, 13, 14, 255, 9]


def write_frame(root, split='train', city='ulm', name=NAME, size=(4, 8),
                camera=True):
    """A frame whose rows are all the same, files of (4, 8)."""
    for kind, ending in (('leftImg8bit', '.png'),
                         ('leftImg8bit_small', '.jpg')):
        if kind == 'leftImg8bit' and size != (4, 8):
            continue
        folder = root / kind / split / city
        folder.mkdir(parents=True, exist_ok=True)
        Image.new('RGB', size[::-1] if ending == '.jpg' else (8, 4)).save(
            folder / f'{name}_leftImg8bit{ending}')
    write_png(root / f'gtFine/{split}/{city}/{name}_gtFine_labelIds.png',
              np.tile(IDS, (4, 1)))
    write_png(root / f'disparity/{split}/{city}/{name}_disparity.png',
              np.tile(DISPARITY, (4, 1)))
    if camera:
        place = root / 'camera' / split / city
        place.mkdir(parents=True, exist_ok=True)
        (place / f'{name}_camera.json').write_text(json.dumps(dict(
            extrinsic=dict(baseline=.2), intrinsic=dict(
                fx=2000., fy=2100., u0=1023.5, v0=511.5))))


def build(root, tasks=None, **kwargs):
    return CityscapesMultiTaskDataset(
        str(root), tasks or dict(**SEMSEG, **DEPTH), pipeline=LOAD, **kwargs)


class TestFull:

    def test_values(self, tmp_path):
        write_frame(tmp_path)
        dataset = build(tmp_path, layout='full')
        sample, = (item['data_samples'] for item in dataset)
        assert sample.sample_id == f'train/ulm/{NAME}'
        np.testing.assert_array_equal(sample.gt_semseg.data[0],
                                      [CLASSES] * 4)
        np.testing.assert_allclose(sample.gt_depth.data[0], [METRES] * 4,
                                   rtol=1e-6)
        # of 2048 columns to 8 and 1024 rows to 4
        np.testing.assert_allclose(sample.intrinsics, [
            [2000 / 256, 0, 3.5], [0, 2100 / 256, 1.5], [0, 0, 1]])
        assert len(dataset.metainfo['classes']) == 19

    def test_far_is_an_option(self, tmp_path):
        write_frame(tmp_path)
        dataset = build(tmp_path, label_files=dict(depth=dict(far=80)))
        depth = dataset[0]['data_samples'].gt_depth.data[0, 0].tolist()
        assert depth == pytest.approx([0, 0, 0, 47.0588235, 4, 4, 0, 0])

    def test_splits_are_folders(self, tmp_path):
        write_frame(tmp_path)
        write_frame(tmp_path, 'val', 'bonn', 'bonn_000000_000019')
        write_frame(tmp_path, 'val', 'bonn', 'bonn_000001_000019')
        assert [d['sample_id'] for d in map(
            build(tmp_path, split='val').get_data_info, (0, 1))] == [
                'val/bonn/bonn_000000_000019', 'val/bonn/bonn_000001_000019']
        assert len(build(tmp_path)) == 1

    @pytest.mark.parametrize('number, expected', [
        (16, [0, 15, 255, 255, 12, 255, 255, 255]),
        (7, [0, 6, 255, 255, 6, 255, 255, 255])])
    def test_other_classes(self, tmp_path, number, expected):
        write_frame(tmp_path)
        tasks = dict(semseg=dict(SEMSEG['semseg'], num_classes=number))
        dataset = build(tmp_path, tasks, classes=number)
        label = dataset[0]['data_samples'].gt_semseg.data[0, 0]
        assert label.tolist() == expected
        assert len(dataset.metainfo['classes']) == number

    def test_classes_alone_need_no_camera(self, tmp_path):
        write_frame(tmp_path, camera=False)
        sample = build(tmp_path, SEMSEG)[0]['data_samples']
        assert 'intrinsics' not in sample


class TestSmall:

    def test_labels_follow_the_copies(self, tmp_path):
        """Every second column; a disparity keeps its value, as fx does."""
        write_frame(tmp_path, size=(2, 4))
        sample = build(tmp_path)[0]['data_samples']
        assert sample.ori_shape == (2, 4)
        assert sample.gt_semseg.data[0].tolist() == [CLASSES[::2]] * 2
        np.testing.assert_allclose(sample.gt_depth.data[0],
                                   [METRES[::2]] * 2, rtol=1e-6)
        np.testing.assert_allclose(sample.intrinsics, [
            [2000 / 512, 0, 1.5], [0, 2100 / 512, .5], [0, 0, 1]])


class TestNormals:

    @pytest.mark.parametrize('copies', [1, 2])
    def test_of_a_road(self, tmp_path, copies):
        """1.5 m below the camera; copies of 128x256 and half of it."""
        root = tmp_path
        write_frame(root)
        fy, cy = 2100 / 8, 63.5
        v = np.mgrid[:128, :256][0]
        depth = np.where(v > cy + 8, 1.5 * fy / np.maximum(v - cy, 1), 0)
        pixels = np.where(depth > 0, 400 / np.maximum(depth, 1), -1 / 256)
        write_png(root / f'disparity/train/ulm/{NAME}_disparity.png',
                  np.round(pixels * 256 + 1).astype(np.uint16))
        for kind, ending, n in (('leftImg8bit', '.png', 1),
                                ('leftImg8bit_small', '.jpg', 2)):
            Image.new('RGB', (256 // n, 128 // n)).save(
                root / kind / 'train/ulm' / f'{NAME}_leftImg8bit{ending}')
        dataset = build(root, NORMALS,
                        layout='full' if copies == 1 else 'small')
        sample = dataset[0]['data_samples']
        normals = sample.gt_normals.data.permute(1, 2, 0).numpy()
        known = normals.any(-1)
        assert known[90 // copies:].mean() > .95
        assert not known[:68 // copies].any()
        # a copy sees row 2n where its own row n begins: up to half a pixel
        angle = np.degrees(np.arccos(-normals[known][:, 1].clip(-1, 1)))
        assert angle.max() < (.1 if copies == 1 else .35)


class TestErrors:

    def test_options(self, tmp_path):
        with pytest.raises(ValueError, match="no split 'test'.*train or val"):
            build(tmp_path, split='test')
        with pytest.raises(ValueError, match='classes=20.*19, 16, 13, 8, 7'):
            build(tmp_path, classes=20)
        write_frame(tmp_path)
        with pytest.raises(ValueError, match='num_classes=19.*names 16'):
            build(tmp_path, classes=16)

    def test_nothing_there(self, tmp_path):
        with pytest.raises(DataNotFoundError, match=r'(?s)no image of split '
                           r'`train`.*leftImg8bit/\*_leftImg8bit.png'):
            build(tmp_path)
        with pytest.raises(DataNotFoundError, match='is no folder'):
            build(tmp_path / 'no')

    def test_no_disparity_and_no_camera(self, tmp_path):
        write_frame(tmp_path, camera=False)
        with pytest.raises(DataNotFoundError, match='ulm_000001_000019_camera'
                           '.json does not exist.*task `depth`'):
            build(tmp_path)
        (tmp_path / f'disparity/train/ulm/{NAME}_disparity.png').unlink()
        with pytest.raises(ValueError, match='disparity/<id>_disparity.png'):
            build(tmp_path, DEPTH)
