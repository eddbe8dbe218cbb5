# Copyright (c) mtcp_mm authors. All rights reserved.
import importlib.util
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmengine.registry import DefaultScope
from PIL import Image

TOOL = Path(
    __file__).parents[2] / 'tools' / 'analysis_tools' / 'browse_dataset.py'
LEFT, RIGHT = (200, 40, 10), (20, 60, 180)
CONFIG = """
default_scope = 'mmseg'
tasks = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=2),
    depth=dict(type='mtcp_mm.DepthTask'))
model = dict(tasks=tasks)
load = [dict(type='LoadImageFromFile'),
        dict(type='mtcp_mm.LoadMultiTaskAnnotations')]
pack = [dict(type='mtcp_mm.PackMultiTaskInputs')]
flip = [dict(type='mtcp_mm.MultiTaskRandomFlip', prob=1.)]
data = dict(
    type='mtcp_mm.NYUDMultiTaskDataset', data_root={root!r}, tasks=tasks,
    metainfo=dict(classes=('a', 'b'), palette=[[255, 0, 0], [0, 255, 0]]))
train_dataloader = dict(dataset=dict(
    type='RepeatDataset', times=2,
    dataset=dict(data, split='train', pipeline=load + flip + pack)))
val_dataloader = dict(dataset=dict(
    data, split='val', test_mode=True, pipeline=load + pack))
"""


@pytest.fixture
def browse(monkeypatch):
    before = DefaultScope.get_current_instance()
    spec = importlib.util.spec_from_file_location('browse_dataset', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def call(*args):
        monkeypatch.setattr(sys, 'argv', ['browse', *map(str, args)])
        module.main()

    call.UsageError = module.UsageError
    yield call
    if before is None:
        DefaultScope._instance_dict.clear()


@pytest.fixture
def config(tmp_path):
    """One training and two validation images, red left and blue right."""
    root = tmp_path / 'data'
    for folder in ('images', 'segmentation', 'depth', 'gt_sets'):
        (root / folder).mkdir(parents=True)
    image = np.full((40, 60, 3), LEFT, np.uint8)
    image[:, 30:] = RIGHT
    label = np.ones((40, 60), np.uint8)
    label[:, 30:] = 2
    for name in '123':
        Image.fromarray(image).save(root / 'images' / f'{name}.png')
        Image.fromarray(label).save(root / 'segmentation' / f'{name}.png')
        np.save(root / 'depth' / f'{name}.npy', label.astype(np.float32))
    (root / 'gt_sets' / 'train.txt').write_text('1\n')
    (root / 'gt_sets' / 'val.txt').write_text('2\n3\n')
    file = tmp_path / 'config.py'
    file.write_text(CONFIG.format(root=str(root)))
    return file


def columns(file, colour):
    """Where a colour is in a picture, and how much of it."""
    picture = cv2.imread(str(file))[..., ::-1]
    y, x = np.nonzero((picture == colour).all(-1))
    assert y.size, f'{colour} does not occur'
    return x


class TestBrowseDataset:
    """Oracle: two plain halves, which a mirror swaps."""

    def test_shows_what_the_transforms_made(self, browse, config, tmp_path):
        out = tmp_path / 'out'
        browse(config, '--out-dir', out, '--split', 'train')
        names = [p.name for p in sorted(out.iterdir())]
        assert names == ['00000_1.png', '00001_1.png']  # shown twice
        for file in out.iterdir():
            assert columns(file, RIGHT).max() < columns(file, LEFT).min()

    def test_every_loader(self, browse, config, tmp_path, capsys):
        out = tmp_path / 'out'
        browse(config, '--out-dir', out, '--split', 'val')
        assert len(list(out.iterdir())) == 2
        assert '2 of the 2 samples of val' in capsys.readouterr().out
        assert (columns(out / '00000_2.png', LEFT).max() <
                columns(out / '00000_2.png', RIGHT).min())
        with pytest.raises(browse.UsageError, match='no test_dataloader'):
            browse(config, '--out-dir', out, '--split', 'test',
                   '--cfg-options', 'val_dataloader=None')

    def test_number(self, browse, config, tmp_path):
        browse(config, '--out-dir', tmp_path / 'out', '--split', 'val',
               '--number', 1)
        assert len(list((tmp_path / 'out').iterdir())) == 1

    def test_all_tasks_are_drawn(self, browse, config, tmp_path):
        out = tmp_path / 'out'
        browse(config, '--out-dir', out, '--split', 'val', '--number', 1)
        # red and green, 0.75 over grey 84 and 62, and the ends of inferno
        for colour in ((212, 21, 21), (16, 207, 16), (252, 255, 164),
                       (0, 0, 4)):
            assert columns(out / '00000_2.png', colour).size >= 10000

    @pytest.mark.parametrize('arguments', [(), ('--out-dir', 'x', '--number',
                                                0)])
    def test_usage(self, browse, config, arguments):
        with pytest.raises(SystemExit):
            browse(config, *arguments)
