# Copyright (c) mtcp_mm authors. All rights reserved.
import inspect
import math
import shutil
from pathlib import Path

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from mtcp_mm.engine.best_score import choose_best
from mtcp_mm.engine.runner import MultiTaskRunner
from mtcp_mm.registry import EVALUATOR, HOOKS
from mtcp_mm.utils.settings import load_config_file, tasks_of
from mtcp_mm.utils.task_agreement import check_task_agreement
from tests.mini_data import (
    SIZE,
    write_driving_sets,
    write_nyud,
    write_pascal,
)

CONFIG_DIR = Path(__file__).parents[1] / 'configs'
CONFIGS = sorted(
    str(path.relative_to(CONFIG_DIR)) for path in CONFIG_DIR.rglob('*.py')
    if '_base_' not in path.relative_to(CONFIG_DIR).parts)
#: Run with their real model; others that use the same one get a narrow one.
WIDE = ('mtcp_nyud.py', 'mtcp_pascal.py')
#: Heads that get narrow.
NARROW = ('mtcp_mm.PADNetHead', 'mtcp_mm.MTINetHead')


@pytest.fixture(autouse=True)
def default_scope():
    before = DefaultScope.get_current_instance()
    yield
    if before is None:
        DefaultScope._instance_dict.clear()


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    """Type of a data set to the folder of a tiny one."""
    folder = tmp_path_factory.mktemp('data')
    nyud = write_nyud(folder / 'nyud')
    for split in ('train', 'val'):  # as the Replica frames have them
        shutil.copy(nyud / f'gt_sets/{split}.txt',
                    nyud / f'gt_sets/{split}_floors.txt')
    return {
        'mtcp_mm.NYUDMultiTaskDataset': nyud,
        'BaseSegDataset': nyud,  # configs of mmseg that read the same files
        'mtcp_mm.PASCALContextMultiTaskDataset':
        write_pascal(folder / 'pascal', normals=True),
        **write_driving_sets(folder)
    }


def load(name):
    return load_config_file(CONFIG_DIR / name)


def nodes(node):
    """Every dict in a config."""
    if isinstance(node, dict):
        yield node
    for child in (node.values() if isinstance(node, dict) else
                  node if isinstance(node, (list, tuple)) else ()):
        yield from nodes(child)


def flatten(node, path=''):
    """Leaves of a config by their path."""
    items = (
        node.items() if isinstance(node, dict) else
        enumerate(node) if isinstance(node, list) else None)
    if items is None:
        return {path: node}
    return {
        key: value
        for name, child in items
        for key, value in flatten(child, f'{path}.{name}'.strip('.')).items()
    }


def fit_to_test(cfg, name, data, work_dir):
    """One epoch of one step on tiny data, without any download."""
    for node in nodes(list(cfg.values())):
        for key, value in dict(
                init_cfg=None, pretrained=False, scale=SIZE[::-1],
                crop_size=SIZE).items():
            if key in node:
                node[key] = value
    for split in ('train', 'val', 'test'):
        loader = cfg[f'{split}_dataloader']
        loader.update(batch_size=2, num_workers=0, persistent_workers=False)
        for node in nodes(loader.dataset):
            if 'data_root' in node:
                node.update(
                    data_root=str(data[node.type]), serialize_data=False)
    if name not in WIDE and 'mask2former_swin-s' in str(
            load(name).model.get('backbone', {})):
        small = load('_base_/models/mtcp_cpu.py').model
        cfg.model.update(backbone=small.backbone, neck=small.neck)
        cfg.model.decode_head.update(in_channels=32, channels=32)
    for node in nodes(cfg.model):
        if node.get('type') == 'ResNet':
            node.update(depth=18, base_channels=8)
        elif node.get('type') == 'mtcp_mm.DeepLabHead':
            node.update(channels=16)
        elif node.get('type') == 'HRNet':
            for stage in node.extra.values():
                stage.update(
                    num_modules=1, num_blocks=(1, ) * stage.num_branches)
    if cfg.model.backbone.get('depth') == 101:
        cfg.model.backbone.update(depth=18, base_channels=8)
        cfg.model.decode_head.update(channels=16)
    if cfg.model.decode_head.get('type') in NARROW:
        cfg.model.decode_head.update(channels=16)
    cfg.train_cfg.update(max_epochs=1, val_interval=1)
    if cfg.model.backbone.get('embed_dims') != 24:  # its state is 1 GB
        cfg.default_hooks.checkpoint.update(
            interval=-1, save_best=None, save_last=False)
    cfg.work_dir = str(work_dir)
    cfg.experiment_name = cfg.visualizer.name = work_dir.name
    return cfg


class GradientWatch(Hook):
    """Names of the parameters that get a gradient, and the loss."""

    def before_train(self, runner):
        self.reached = set()
        for name, parameter in runner.model.named_parameters():
            parameter.register_post_accumulate_grad_hook(
                lambda _, name=name: self.reached.add(name))

    def after_train_iter(self, runner, batch_idx, data_batch=None,
                         outputs=None):
        self.loss = outputs['loss']


@pytest.mark.parametrize('name', CONFIGS)
class TestConfigs:
    """Oracles: a gradient for every parameter (DDP wants that, too), a number
    for every score."""

    def test_trains_and_tests(self, name, data, tmp_path):
        cfg = fit_to_test(load(name), name, data, tmp_path)
        # not from_cfg, which formats the whole config as text seven times
        runner = MultiTaskRunner(**{
            key: cfg[key]
            for key in inspect.signature(Runner).parameters if key in cfg
        })
        watch = GradientWatch()
        runner.register_hook(watch)
        runner.train()
        assert torch.isfinite(watch.loss)
        assert watch.reached == {
            name for name, p in runner.model.named_parameters()
            if p.requires_grad
        }
        scores = runner.test()
        keys = set(getattr(runner.test_evaluator, 'higher_is_better', ()))
        assert {k for k in keys if not math.isfinite(scores[k])} == set()

    def test_parts_agree(self, name):
        cfg = load(name)
        check_task_agreement(cfg)
        if 'tasks' not in cfg.model:
            return
        for split in ('train', 'val', 'test'):
            assert tasks_of(cfg, f'{split}_dataloader') == cfg.model.tasks
        evaluator = EVALUATOR.build(dict(cfg.val_evaluator, _scope_='mtcp_mm'))
        evaluator.dataset_meta = dict(tasks=cfg.model.tasks)
        hook = HOOKS.build(cfg.default_hooks.checkpoint)
        choose_best(hook, evaluator)
        key, = hook.key_indicators
        assert key.startswith(f'{next(iter(cfg.model.tasks))}/')
        assert hook.rules == [
            'greater' if evaluator.higher_is_better[key] else 'less']


def test_nyud_is_the_setting_of_the_paper():
    """Oracle: MT-CP Sec. 4.2, and the released training script."""
    cfg = load('mtcp_nyud.py')
    assert cfg.optim_wrapper.optimizer == dict(
        type='AdamW', lr=5e-5, weight_decay=1e-4)
    schedule, = cfg.param_scheduler
    assert (schedule.type, schedule.power,
            schedule.by_epoch) == ('mtcp_mm.PolyLR', .9, True)
    assert cfg.train_cfg.max_epochs == 100
    assert cfg.train_dataloader.batch_size == 2
    assert cfg.model.loss_weighting.kappa == 2.5
    assert cfg.model.backbone.depths == [2, 2, 18, 2]
    assert cfg.model.backbone.init_cfg.checkpoint.endswith(
        'ade20k-512x512_20221204_143905-e715144e.pth')
    assert cfg.model.neck.init_cfg.prefix == 'decode_head.'


HEAD, WEIGHTING = 'model.decode_head.', 'model.loss_weighting.'
FIXED = {
    f'{WEIGHTING}type': 'mtcp_mm.FixedWeighting',
    f'{WEIGHTING}kappa': None,
    f'{WEIGHTING}history': None,
    f'{WEIGHTING}min_weight': None,
    'custom_hooks.0.type': None
}


@pytest.mark.parametrize('name, changes', [
    ('lps', {}),
    ('without_cfm', {f'{HEAD}with_cfm': False}),
    ('without_srm', {f'{HEAD}with_srm': False}),
    ('without_cfm_srm',
     {f'{HEAD}with_cfm': False, f'{HEAD}with_srm': False}),
    ('equal_weights', FIXED),
    ('log_smoothing', {f'{WEIGHTING}prioritise': False}),
    ('prioritisation', {f'{WEIGHTING}log': False}),
])
@pytest.mark.parametrize('base', ['mtcp_nyud.py', 'mtcp_demo.py'])
def test_ablation_changes_nothing_else(name, changes, base, monkeypatch):
    """Oracle: Tab. 3 and 4 of the paper say what is left out."""
    if base != 'mtcp_nyud.py':
        monkeypatch.setenv('MTCP_BASE', f'../{base}')
    before, after = (
        flatten(load(path).to_dict()) for path in (base,
                                                   f'ablations/{name}.py'))
    assert changes == {
        key: after.get(key)
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }


@pytest.mark.parametrize('data_set, task', [('nyud', 'semseg'),
                                            ('nyud', 'depth'),
                                            ('nyud', 'normals'),
                                            ('pascal', 'semseg'),
                                            ('pascal', 'human_parts'),
                                            ('pascal', 'saliency')])
def test_single_task_keeps_the_rest(data_set, task):
    """Oracle: the multi-task config with all other tasks crossed out."""
    before, after = (
        flatten(load(path).to_dict())
        for path in (f'mtcp_{data_set}.py', f'stl/{data_set}_{task}.py'))
    own = {
        key: value
        for key, value in before.items()
        if 'tasks.' not in key or f'tasks.{task}' in key
    }
    changed = {
        key: after.get(key)
        for key in own.keys() | after.keys()
        if own.get(key) != after.get(key)
    }
    assert changed == {f'{HEAD}with_srm': False, **FIXED}
