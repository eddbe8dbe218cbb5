# Copyright (c) mtcp_mm authors. All rights reserved.
"""tools/test.py --tta, in windows, on a folder of photos of three sizes."""
import json
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from PIL import Image

from mtcp_mm.registry import MODELS
from mtcp_mm.utils.settings import load_config_file

ROOT = Path(__file__).parents[2]
CONFIG = """
_base_ = ['{root}/configs/_base_/models/multi_task_estimator.py',
          '{root}/configs/_base_/default_runtime.py']
custom_hooks = []
tasks = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=3),
    depth=dict(type='mtcp_mm.DepthTask'),
    normals=dict(type='mtcp_mm.NormalsTask'))
data_root = '{data}'
test_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mtcp_mm.GenericMultiTaskDataset',
        image=dict(folder='images', suffix='.png'),
        labels=dict(semseg=dict(suffix='.png'), depth=dict(suffix='.npy'),
                    normals=dict(suffix='.npy')),
        metainfo=dict(classes=('a', 'b', 'c'), palette=[[0, 0, 1]] * 3),
        test_mode=True))
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]
test_evaluator = dict(type='mtcp_mm.MultiTaskEvaluator', metrics=None)
test_cfg = dict(type='TestLoop')
head = dict(type='FCNHead', in_index=1, channels=8, num_convs=1)
model = dict(
    backbone=dict(type='ResNetV1c', depth=18, base_channels=8),
    decode_head=dict(
        type='mtcp_mm.MixedHead',
        heads=dict(semseg=head, depth=head, normals=head)),
    loss_weighting=dict(_delete_=True, type='mtcp_mm.FixedWeighting'),
    test_cfg=dict(mode='slide', crop_size=(64, 64), stride=(64, 48)))
"""


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Four photos of noise and a checkpoint of random weights."""
    folder = tmp_path_factory.mktemp('tta')
    rng = np.random.RandomState(0)
    for kind in ('images', 'semseg', 'depth', 'normals'):
        (folder / 'data' / kind).mkdir(parents=True)
    for i, size in enumerate([(64, 64), (40, 56), (64, 96), (64, 64)]):
        save = {kind: folder / f'data/{kind}/{i}' for kind in (
            'images', 'semseg', 'depth', 'normals')}
        Image.fromarray(rng.randint(0, 256, (*size, 3)).astype(
            np.uint8)).save(f'{save["images"]}.png')
        Image.fromarray(rng.randint(0, 3, size).astype(np.uint8)).save(
            f'{save["semseg"]}.png')
        np.save(save['depth'], rng.rand(*size).astype(np.float32) + 1)
        np.save(save['normals'], rng.randn(*size, 3).astype(np.float32))
    config = folder / 'config.py'
    config.write_text(CONFIG.format(root=ROOT, data=folder / 'data'))
    init_default_scope('mmseg')
    torch.manual_seed(0)
    model = MODELS.build(load_config_file(config).model)
    torch.save(dict(state_dict=model.state_dict()), folder / 'random.pth')
    return folder


def run(folder, name, *options):
    """Run in this process; the scores and what is told of them."""
    sys.argv = ['test.py', str(folder / 'config.py'),
                str(folder / 'random.pth'), '--work-dir', str(folder / name),
                *options]
    runpy.run_path(str(ROOT / 'tools/test.py'), run_name='__main__')
    return [json.loads((folder / name / file).read_text())
            for file in ('metrics.json', 'metrics_meta.json')]


def test_batch_size_does_not_matter(folder):
    """Oracle: one image at a time."""
    options = '--tta', '--tta-scales', '1', '1.5'
    alone, meta = run(folder, 'one', *options)
    assert meta['tta'] == dict(scales=[1, 1.5], flips=['horizontal'])
    assert meta['test_cfg']['mode'] == 'slide'
    assert meta['data']['sizes'] == {'64x64': 2, '40x56': 1, '64x96': 1}
    batch, _ = run(folder, 'three', *options, '--cfg-options',
                   'test_dataloader.batch_size=3')
    pixel = 100 / (2 * 64 * 64 + 40 * 56 + 64 * 96)
    assert list(batch) == list(alone) and alone['depth/rmse'] > 0
    for key, value in alone.items():
        percent = re.search('within|semseg|delta', key)
        assert batch[key] == pytest.approx(
            value, rel=1e-5, abs=3 * pixel if percent else 0), key
    # what was run before stands in the work dir; --tta leaves it alone
    text = (folder / 'one/config.py').read_text()
    assert 'TestTimeAug' not in text and 'MultiTaskTTAModel' not in text
    plain, meta = run(folder, 'plain')
    assert meta['tta'] is None and plain != alone


@pytest.mark.parametrize('options, message', [
    (['--tta', '--protocols', 'semseg=mtcp'],
     '`semseg` scores the prediction at the size'),
    (['--tta', '--tta-scales', '0'], 'zooms above 0'),
    (['--tta-scales', '2'], '--tta-scales needs --tta'),
    (['--cfg-options', 'model.test_cfg.stride=(65,64)'],
     'stride = (65, 64) is larger than crop_size')])
def test_usage_errors(folder, options, message, capsys):
    with pytest.raises(SystemExit, match='2'):
        run(folder, 'bad', *options)
    assert message in capsys.readouterr().err
