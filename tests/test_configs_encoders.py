# Copyright (c) mtcp_mm authors. All rights reserved.
from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope

from mtcp_mm.experiments.listing import read_list
from mtcp_mm.experiments.run import plan_runs
from mtcp_mm.registry import MODELS
from mtcp_mm.utils.settings import load_config_file

FOLDER = Path(__file__).parents[1] / 'configs/baselines'
SD, PASCAL = dict(semseg=1., depth=1.), dict(
    semseg=1., human_parts=2., saliency=5., normals=10., edge=50.)
ADAM = dict(type='Adam', lr=1e-4, weight_decay=1e-4)
#: Rate, epochs and images per step of SGD or Adam, weights of the losses.
RECIPES = {
    'mtl_r50_nyud': (ADAM, 100, 8, SD),
    'mtl_r18_pascal': (ADAM, 100, 6, PASCAL),
    'mtl_hrnet18_nyud': (ADAM, 100, 8, SD),
    'mtl_hrnet18_pascal':
    (ADAM, 80, 8, dict(semseg=1., human_parts=2., saliency=5.)),
    'cross_stitch_r50_nyud': (1e-3, 50, 8, SD),
    'cross_stitch_r18_pascal': (5e-3, 20, 12, PASCAL),
    'nddr_r50_nyud': (1e-3, 50, 8, SD),
    'nddr_r18_pascal': (5e-3, 20, 12, PASCAL),
    'mtan_r50_nyud': (ADAM, 100, 8, SD),
    'mtan_r18_pascal': (5e-3, 100, 6, PASCAL),
    **{
        f'stl_r50_nyud_{task}': (ADAM, 100, 8, {task: 1.})
        for task in SD
    },
    **{
        f'stl_r18_pascal_{task}': (ADAM, 60, 12, {task: 1.})
        for task in PASCAL
    }
}


def load(name, **options):
    return load_config_file(FOLDER / f'{name}.py', options)


@pytest.mark.parametrize('name', RECIPES)
def test_is_the_recipe_of_the_released_code(name):
    """Oracle: the files of that name in its configs."""
    optimizer, epochs, batch, weights = RECIPES[name]
    if isinstance(optimizer, float):
        optimizer = dict(
            type='SGD', lr=optimizer, momentum=.9, weight_decay=1e-4)
    cfg = load(name)
    assert cfg.optim_wrapper.optimizer == optimizer
    schedule, = cfg.param_scheduler
    assert (schedule.power, schedule.by_epoch) == (.9, True)
    assert cfg.train_cfg.max_epochs == epochs
    assert epochs % cfg.train_cfg.val_interval == 0
    assert cfg.train_dataloader.batch_size == batch
    assert list(cfg.model.tasks) == list(weights)
    found = cfg.model.loss_weighting.get('weights', {})
    assert {t: found.get(t, 1.) for t in weights} == weights


@pytest.mark.parametrize('data, alpha, beta', [('r50_nyud', .9, .1),
                                               ('r18_pascal', .8, .05)])
def test_units_of_the_released_code(data, alpha, beta):
    """Oracle: its configs; 100 times the rate, which there is written in the
    optimizer."""
    for name, kind, stages in (
        ('cross_stitch', 'mtcp_mm.CrossStitchUnit', (1, 2, 3, 4)),
        ('nddr', 'mtcp_mm.NDDRUnit', (0, 1, 2, 3, 4))):
        cfg = load(f'{name}_{data}')
        backbone = cfg.model.backbone
        assert backbone.unit == dict(type=kind, alpha=alpha, beta=beta)
        assert tuple(backbone.get('fuse_after', (1, 2, 3, 4))) == stages
        assert cfg.optim_wrapper.paramwise_cfg.custom_keys == {
            'backbone.units': dict(lr_mult=100.)
        }


def test_zoom_of_the_released_code():
    """Oracle: its loader, one of three factors."""
    choice, = (t for t in load('mtl_r50_nyud').train_dataloader.dataset
               .pipeline if t.type == 'RandomChoice')
    resizes = [resize for resize, in choice.transforms]
    assert [r.ratio_range for r in resizes] == [(1., 1.), (1.2, 1.2),
                                                (1.5, 1.5)]
    assert all(r.scale == (640, 480) for r in resizes)


def test_published_number_of_parameters():
    """Oracle: 4.52 M, and the formula: the trunk, a 3x3 convolution of 270 to
    67 channels with its norm, and logits."""
    cfg = load('mtl_fcn_hrnet18_nyud')
    del cfg.model.data_preprocessor
    cfg.model.decode_head.in_channels = [18, 36, 72, 144]  # saves a dry pass
    with torch.device('meta'), DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(cfg.model)
    number = sum(p.numel() for p in model.parameters())
    assert number == 3_860_720 + 4 * (270 * 67 * 9 + 2 * 67) + sum(
        (67 + 1) * c for c in (40, 1, 3, 1)) == 4_515_556
    assert f'{number / 1e6:.2f}' == '4.52'


def test_networks_of_single_tasks_are_named_on_the_command_line():
    """Oracle: the head of cross_stitch_r50_nyud.py."""
    files = dict(semseg='s.pth', depth='d.pth')
    cfg = load(
        'cross_stitch_r50_nyud', **{
            f'model.{part}.task_checkpoints.{task}': file
            for part in ('backbone', 'decode_head')
            for task, file in files.items()
        })
    assert cfg.model.backbone.task_checkpoints == files
    assert cfg.model.decode_head.task_checkpoints == files


def test_every_row_of_the_list_has_the_setting_of_the_comparison(
        monkeypatch, tmp_path):
    """Oracle: configs/comparison/replica.py."""
    found = read_list([str(FOLDER / 'replica.yml')])
    monkeypatch.setenv('MTCP_BASE', str(Path(found.base).absolute()))
    base = load_config_file(found.base)
    runs = plan_runs(found, (0, ), tmp_path, ())
    assert len({run.stamp for run in runs}) == len(found.experiments)
    for run in runs:
        cfg = load_config_file(
            run.experiment.config, dict(run.experiment.options))
        for key in ('train_cfg', 'param_scheduler', 'val_evaluator'):
            assert cfg[key] == base[key]
        assert cfg.optim_wrapper.optimizer == base.optim_wrapper.optimizer
        assert set(cfg.model.tasks) <= set(base.model.tasks)
        for split in ('train', 'val'):
            ours, theirs = (c[f'{split}_dataloader'] for c in (cfg, base))
            assert ours.batch_size == theirs.batch_size
            assert ours.dataset.pipeline == theirs.dataset.pipeline
        backbone = cfg.model.backbone
        assert base.model.backbone in (backbone, backbone.get('backbone'))
