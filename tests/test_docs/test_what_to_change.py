# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: for each section, what a reader wants to have changed, by hand."""
import re

import pytest
from mmengine.registry import VISBACKENDS

from mtcp_mm.utils.settings import load_config_file
from mtcp_mm.utils.task_agreement import check_task_agreement
from tests.doc_blocks import ROOT

TEXT = (ROOT / 'docs' / 'what_to_change.md').read_text(encoding='utf-8')
TRAIN, VAL, TEST = (f'{s}_dataloader.' for s in ('train', 'val', 'test'))
SEMSEG, DEPTH, NORMALS, EDGE = (
    f'mtcp_mm.{n}Task' for n in ('SemSeg', 'Depth', 'Normals', 'Edge'))


def tasks(*types):
    """Where tasks are named, and which ones."""
    return {
        f'{place}tasks': list(types)
        for place in ('model.', *(f'{s}dataset.' for s in (TRAIN, VAL, TEST)))
    }


EXPECTED = {
    'Size': [{
        f'{TRAIN}dataset.pipeline.2.scale': (512, 384),
        f'{TRAIN}dataset.pipeline.3.crop_size': (384, 512),
        f'{VAL}dataset.pipeline.1.scale': (512, 384),
        f'{TEST}dataset.pipeline.1.scale': (512, 384)
    }],
    'Batch': [{
        f'{TRAIN}batch_size': 4,
        f'{TRAIN}num_workers': 8,
        f'{VAL}batch_size': 4,
        f'{TEST}batch_size': 4
    }],
    'Learning rate': [{'optim_wrapper.optimizer.lr': 1e-4}],
    'Epochs': [{'train_cfg.max_epochs': 30, 'train_cfg.val_interval': 5}],
    'Backbone': [{
        'model.backbone.depths': [2, 2, 6, 2],
        'model.neck.init_cfg.prefix': 'decode_head.'
    }],
    'Tasks': [
        tasks(SEMSEG, DEPTH),
        tasks(SEMSEG, DEPTH, NORMALS, EDGE),
        {'default_hooks.checkpoint.save_best': 'depth/rmse'}
    ],
    'Place of the data': [{
        f'{s}dataset.data_root': '/data/NYUD_MT' for s in (TRAIN, VAL, TEST)
    }],
    'Precision': [{'optim_wrapper.type': 'AmpOptimWrapper',
                   'optim_wrapper.loss_scale': 'dynamic'}],
    'Seed': [{'randomness.seed': 1}],
    'TensorBoard and Weights & Biases': [{
        'visualizer.vis_backends': [
            'LocalVisBackend', 'TensorboardVisBackend', 'WandbVisBackend']
    }]
}
SECTIONS = {
    part.partition('\n')[0]: re.findall(r'```python\n(.*?)```', part, re.S)
    for part in TEXT.split('\n## ')[1:]
}


def get(cfg, path):
    """Value of a dotted key; of tasks and backends their types."""
    value = cfg
    for key in path.split('.'):
        value = value[int(key) if isinstance(value, list) else key]
    if path.endswith('tasks'):
        return [task.type for task in value.values()]
    if path.endswith('backends'):
        return [backend.type for backend in value]
    return value


def load(lines, folder):
    """Config of a block, with the base of the page if it names none."""
    if '_base_ =' not in lines:
        lines = "_base_ = 'configs/mtcp_nyud.py'\n" + lines
    path = folder / 'child.py'
    path.write_text(lines.replace("'configs/", f"'{ROOT}/configs/"))
    cfg = load_config_file(path)
    check_task_agreement(cfg)
    return cfg


def test_every_section_is_expected():
    assert {k: len(v) for k, v in SECTIONS.items()} == {
        k: len(v) for k, v in EXPECTED.items()}


@pytest.mark.parametrize('section, index', [
    (name, i) for name, blocks in SECTIONS.items() for i in range(len(blocks))
])
def test_block_has_the_effect(section, index, tmp_path):
    cfg = load(SECTIONS[section][index], tmp_path)
    wanted = EXPECTED[section][index]
    assert {path: get(cfg, path) for path in wanted} == wanted
    base = load('', tmp_path)
    with pytest.raises((AssertionError, KeyError)):
        assert {path: get(base, path) for path in wanted} == wanted


def test_backends_exist():
    for name in re.findall(r"(\w+VisBackend)'", TEXT):
        assert VISBACKENDS.get(name) is not None
