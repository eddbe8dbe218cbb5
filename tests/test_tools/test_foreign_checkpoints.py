# Copyright (c) mtcp_mm authors. All rights reserved.
"""Every command that reads a checkpoint. Oracle: a folder that appears if
the code in the file was run."""
import json
import runpy
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope

from mtcp_mm.apis import MultiTaskInferencer
from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.checkpoints.files import TRUST
from tests.test_checkpoints.test_files import Payload
from tests.test_report.conftest import CONFIG, write_data, write_weights

ROOT = Path(__file__).parents[2]
TRAIN = """
train_dataloader = dict(
    test_dataloader, dataset=dict(test_dataloader['dataset'],
                                  test_mode=False))
train_cfg = dict(by_epoch=True, max_epochs=1)
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1))
test_cfg = dict()
"""
#: Tool and arguments; `--trust-checkpoint` is added to them.
COMMANDS = {
    'resume': 'tools/train.py {cfg} --work-dir {w} --resume {file}',
    'load_from': 'tools/train.py {cfg} --work-dir {w} --cfg-options '
    'load_from={file}',
    'init_cfg': 'tools/train.py {cfg} --work-dir {w} --cfg-options '
    'model.backbone.init_cfg.type=Pretrained '
    'model.backbone.init_cfg.checkpoint={file}',
    'test': 'tools/test.py {cfg} {file} --work-dir {w}',
    'demo': 'demo/image_demo.py {image} {cfg} {file} --out-dir {w}',
    'report': 'tools/analysis_tools/report.py {run} --checkpoint {file}',
    'check part': 'tools/model_converters/check_checkpoint.py {cfg} {file} '
    '--cfg-options model.backbone.init_cfg.type=Pretrained '
    'model.backbone.init_cfg.checkpoint=other.pth',
    'check whole': 'tools/model_converters/check_checkpoint.py {cfg} {file} '
    '--whole',
    'publish': 'tools/model_converters/publish_model.py {file} {w}/new.pth',
}


@pytest.fixture(scope='module')
def places(tmp_path_factory):
    root = tmp_path_factory.mktemp('foreign')
    run = root / 'run'
    run.mkdir()
    write_data(root / 'data')
    shutil.copy(root / 'data/gt_sets/val.txt',
                root / 'data/gt_sets/train.txt')
    cfg = run / 'tiny.py'
    cfg.write_text(CONFIG.format(root=str(root / 'data')) + TRAIN)
    (run / 'metrics.json').write_text(json.dumps({'depth/rmse': 1.}))
    cv2.imwrite(str(root / 'a.png'), np.zeros((20, 30, 3), np.uint8))
    write_weights(cfg, root / 'good.pth')
    content = torch.load(root / 'good.pth')
    content['meta'] = dict(epoch=1, iter=1, x=Payload(root / 'ran'))
    file = root / 'foreign.pth'
    torch.save(content, file)
    return dict(cfg=cfg, run=run, image=root / 'a.png', file=file,
                w=root / 'w', ran=root / 'ran')


@pytest.fixture
def run(places, monkeypatch, capsys):
    """Run a command here; its exit code and what it said of errors."""
    monkeypatch.setenv(TRUST, '0')
    monkeypatch.chdir(places['file'].parent)

    def run(name, *more):
        tool, *rest = COMMANDS[name].format(**places).split()
        monkeypatch.setattr(sys, 'argv', [tool, *more, *rest])
        try:
            runpy.run_path(str(ROOT / tool), run_name='__main__')
            code = 0
        except SystemExit as error:
            code = error.code or 0
        return code, ''.join(capsys.readouterr())

    yield run
    MMLogger._instance_dict.pop('check_checkpoint', None)
    DefaultScope._instance_dict.clear()


@pytest.mark.parametrize('name', COMMANDS)
def test_nothing_is_run(run, places, name):
    code, text = run(name)
    assert not places['ran'].exists()
    assert 'foreign.pth' in text and 'os.makedirs`' in text
    assert '--trust-checkpoint' in text
    assert code == 2


@pytest.mark.parametrize('name', [
    'resume', 'test', 'demo', 'report', 'check part', 'check whole',
    'publish'])
def test_trusted(run, places, name):
    """The payload is one, and every command has the way out."""
    run(name, '--trust-checkpoint')
    assert places['ran'].exists()
    places['ran'].rmdir()


def test_config_in_a_file_is_not_run(places, tmp_path):
    content = torch.load(places['file'].parent / 'good.pth')
    text = Config.fromfile(places['cfg']).pretty_text
    ran = tmp_path / 'ran'
    for more in (f'import os; os.mkdir({str(ran)!r})',
                 f"x = dict(type='os.mkdir', path={str(ran)!r})"):
        content['meta']['cfg'] = f'{text}\n{more}\n'
        torch.save(content, tmp_path / 'a.pth')
        with pytest.raises(CheckpointError, match='--trust-checkpoint'):
            MultiTaskInferencer(weights=tmp_path / 'a.pth', device='cpu')
    assert not ran.exists()
