# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: what the parts of the runner hold, and files on disk."""
import os
import runpy
import subprocess
import sys
from pathlib import Path

import mmseg
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import RUNNERS, DefaultScope
from mmengine.runner import Runner

from mtcp_mm.engine.runner import MultiTaskRunner
from tests.mini_data import SIZE, write_nyud

ROOT = Path(__file__).parents[2]
CHILD = """
_base_ = {base!r}
data_root = {root!r}
image_scale, crop_size = {size}, {crop}
max_epochs = 1
tasks = dict(normals=dict(_delete_=True, type='mtcp_mm.NormalsTask'))
train_dataloader = dict(batch_size=2, num_workers=0, persistent_workers=False)
val_dataloader = dict(batch_size=2, num_workers=0, persistent_workers=False)
train_cfg = dict(val_interval=1)
"""


@pytest.fixture(autouse=True)
def default_scope():
    before = DefaultScope.get_current_instance()
    yield
    if before is None:
        DefaultScope._instance_dict.clear()


@pytest.fixture(scope='module')
def child(tmp_path_factory):
    """A child config over the demo, on four tiny rooms."""
    folder = tmp_path_factory.mktemp('child')
    root = write_nyud(folder / 'data')
    path = folder / 'child.py'
    path.write_text(CHILD.format(
        base=str(ROOT / 'configs/mtcp_demo.py'), root=str(root),
        size=SIZE[::-1], crop=SIZE))
    return path


def test_mmsegs_own_tool_trains_it(child, tmp_path):
    tool = Path(mmseg.__file__).parent / '.mim' / 'tools' / 'train.py'
    done = subprocess.run(
        [sys.executable, tool, child, '--work-dir', tmp_path / 'work'],
        env=dict(os.environ, PYTHONPATH=str(ROOT), OMP_NUM_THREADS='1'),
        text=True, cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout[-3000:]
    assert 'normals/mean' in done.stdout
    meta = torch.load(
        tmp_path / 'work/epoch_1.pth', weights_only=False)['meta']
    assert list(meta['dataset_meta']['tasks']) == [
        'semseg', 'depth', 'normals']
    dumped = Config.fromfile(tmp_path / 'work/child.py')
    assert dumped.train_dataloader.dataset.data_root == str(
        child.parent / 'data')
    assert 'data_root' not in dumped


def test_mmsegs_own_tool_stops_what_has_no_effect(child, tmp_path,
                                                  monkeypatch):
    path = tmp_path / 'crop.py'
    path.write_text(f'_base_ = {str(child)!r}\ntrain_cfg=dict(max_epochs=2)\n')
    tool = Path(mmseg.__file__).parent / '.mim' / 'tools' / 'train.py'
    monkeypatch.setattr(sys, 'argv', ['train.py', str(path)])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match='`max_epochs` = 1 .*no effect'):
        runpy.run_path(str(tool), run_name='__main__')


def test_registry_builds_it(child, tmp_path):
    cfg = Config.fromfile(child)
    cfg.work_dir = str(tmp_path)
    cfg.experiment_name = tmp_path.name
    runner = RUNNERS.build(cfg)
    assert type(runner) is MultiTaskRunner
    assert runner.build_train_loop(runner._train_loop).max_epochs == 1
    assert list(runner.model.tasks) == ['semseg', 'depth', 'normals']


def test_mmengines_runner_says_what_to_take(child, tmp_path):
    cfg = Config.fromfile(child)
    cfg.work_dir = str(tmp_path)
    cfg.experiment_name = tmp_path.name
    with pytest.raises(ValueError, match='`tasks`.*mtcp_mm.MultiTaskRunner'):
        Runner.from_cfg(cfg)


def test_disagreement_is_said_at_start(child, tmp_path):
    cfg = Config.fromfile(child)
    cfg.work_dir = str(tmp_path)
    cfg.model.tasks = dict(depth=dict(type='mtcp_mm.DepthTask'))
    with pytest.raises(ValueError, match='`semseg`, which model.tasks lacks'):
        RUNNERS.build(cfg)
