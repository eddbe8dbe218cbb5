# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: files written byte by byte, and what they mean, by hand."""
import numpy as np
import pytest
from PIL import Image

from mtcp_mm.datasets import SynthiaMultiTaskDataset
from mtcp_mm.utils.errors import DataNotFoundError
from .png_file import write_png

TASKS = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=16),
    depth=dict(type='mtcp_mm.DepthTask'))
LOAD = [dict(type='mmcv.LoadImageFromFile'),
        dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
        dict(type='mtcp_mm.PackMultiTaskInputs')]
#: Void, sky, road, terrain, lane marking, bicycle.
IDS = np.array([0, 1, 3, 16, 22, 11], np.uint16)
CLASSES = [255, 9, 0, 255, 255, 15]
CENTIMETRES = np.array([0, 65535, 150, 4321, 65534, 10], np.uint16)
METRES = [0, 0, 1.5, 43.21, 0, .1]  # 655.34 m is as far as the sky
TINY = dict(fx=7., fy=7., cx=2.5, cy=.5, size=(2, 6))


def write_frames(root, count=1, parsed=False, nested=True, channels=3):
    (root / 'RGB').mkdir(exist_ok=True)
    for i in range(count):
        name = f'{i:07d}.png'
        Image.new('RGB', (6, 2)).save(root / 'RGB' / name)
        label = np.tile(IDS, (2, 1))
        if parsed:
            write_png(root / 'parsed_LABELS' / name, label.astype(np.uint8))
        else:  # instances in green, beyond 8 bits
            write_png(root / 'GT/LABELS' / name,
                      np.stack([label, label * 0 + 300, label * 0], -1))
        depth = np.tile(CENTIMETRES, (2, 1))
        if channels == 3:
            depth = np.stack([depth] * 3, -1)
        write_png(root / ('Depth/Depth' if nested else 'Depth') / name, depth)


def build(root, **kwargs):
    kwargs = dict(dict(tasks=TASKS, pipeline=LOAD, split='all', camera=TINY),
                  **kwargs)
    return SynthiaMultiTaskDataset(str(root), **kwargs)


@pytest.mark.parametrize('parsed', [True, False])
@pytest.mark.parametrize('nested', [True, False])
@pytest.mark.parametrize('channels', [1, 3])
def test_values(tmp_path, parsed, nested, channels):
    write_frames(tmp_path, 1, parsed, nested, channels)
    sample = build(tmp_path)[0]['data_samples']
    assert sample.gt_semseg.data[0].tolist() == [CLASSES] * 2
    np.testing.assert_allclose(sample.gt_depth.data[0], [METRES] * 2,
                               rtol=1e-6)


def test_seven_classes(tmp_path):
    write_frames(tmp_path)
    tasks = dict(semseg=dict(TASKS['semseg'], num_classes=7))
    sample = build(tmp_path, tasks=tasks, classes=7)[0]['data_samples']
    assert sample.gt_semseg.data[0, 0].tolist() == [255, 4, 0, 255, 0, 6]


def test_both_folders_of_classes(tmp_path):
    """GT/LABELS counts."""
    write_frames(tmp_path)
    write_png(tmp_path / 'parsed_LABELS/0000000.png',
              np.zeros((2, 6), np.uint8))
    sample = build(tmp_path)[0]['data_samples']
    assert sample.gt_semseg.data[0, 0].tolist() == CLASSES


@pytest.mark.parametrize('split_by, shared', [
    ('seeded', range(1)), ('released_leaking', range(5, 10))])
def test_splits(tmp_path, split_by, shared):
    write_frames(tmp_path, 50)
    train, val = (
        {d['img_path'] for d in map(dataset.get_data_info,
                                    range(len(dataset)))}
        for dataset in (build(tmp_path, split=s, split_by=split_by)
                        for s in ('train', 'val')))
    assert (len(train), len(val)) == (40, 10)
    assert len(train & val) in shared


def test_published_camera(tmp_path):
    write_frames(tmp_path)
    Image.new('RGB', (1280, 760)).save(tmp_path / 'RGB/0000000.png')
    sample = build(tmp_path, camera=None,
                   pipeline=[LOAD[0], LOAD[2]])[0]['data_samples']
    np.testing.assert_allclose(sample.intrinsics, [
        [532.740352, 0, 640], [0, 532.740352, 380], [0, 0, 1]])


def test_errors(tmp_path):
    with pytest.raises(DataNotFoundError, match=r'(?s)no image.*RGB/\*.png'):
        build(tmp_path)
    write_frames(tmp_path)
    with pytest.raises(ValueError, match="split_by='scene'.*seeded or"):
        build(tmp_path, split_by='scene')
    with pytest.raises(ValueError, match='classes=19.*16, 13, 7'):
        build(tmp_path, classes=19)
    with pytest.raises(ValueError, match="no split 'test'.*val or all"):
        build(tmp_path, split='test')
