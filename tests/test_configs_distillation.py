# Copyright (c) mtcp_mm authors. All rights reserved.
from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope

from mtcp_mm.registry import MODELS
from mtcp_mm.utils.settings import load_config_file

CONFIGS = Path(__file__).parents[1] / 'configs'
METHODS = ['pad_net', 'mti_net']
NYUD = dict(semseg=1., depth=1.)
HELPED = dict(NYUD, normals=10., edge=50.)
PASCAL = dict(
    semseg=1., human_parts=2., saliency=5., normals=10., edge=50.)
CHANNELS = dict(semseg=40, depth=1, normals=3, edge=1)


def load(name):
    return load_config_file(CONFIGS / 'baselines' / f'{name}.py')


def count(cfg, **kwargs):
    """Parameters of a part, which are not allocated for that."""
    with (DefaultScope.overwrite_default_scope('mmseg'),
          torch.device('meta')):
        part = MODELS.build(dict(cfg, **kwargs))
    return sum(p.numel() for p in part.parameters())


@pytest.mark.parametrize('method', METHODS)
class TestSettingOfTheCodeOfMTINet:
    """Oracle: its configs in configs/nyud/hrnet18 and configs/pascal."""

    @pytest.mark.parametrize('data, weights, helpers', [
        ('nyud', NYUD, set()),
        ('nyud_with_helpers', HELPED, {'normals', 'edge'}),
        ('pascal', PASCAL, set())])
    def test_tasks_and_recipe(self, method, data, weights, helpers):
        cfg = load(f'{method}_hrnet18_{data}')
        tasks = cfg.model.tasks
        assert set(tasks) == set(weights)
        assert {t for t in tasks if tasks[t].get('helper')} == helpers
        assert cfg.model.loss_weighting.weights == weights
        assert 'edge' not in tasks or tasks.edge.pos_weight == .95
        assert cfg.optim_wrapper.optimizer == dict(
            type='Adam', lr=1e-4, weight_decay=1e-4)
        schedule, = cfg.param_scheduler
        assert (schedule.power, schedule.by_epoch) == (.9, True)
        assert cfg.train_cfg.max_epochs == 100
        assert cfg.train_dataloader.batch_size == 8
        size = (512, 512) if data == 'pascal' else (640, 480)
        resize, = (t for t in cfg.test_dataloader.dataset.pipeline
                   if 'scale' in t)
        assert resize.scale == size

    @pytest.mark.parametrize('base', ['replica', 'demo'])
    def test_small_one_changes_the_method_alone(self, method, base,
                                                monkeypatch):
        """Oracle: the base, with everything of the method crossed out."""
        monkeypatch.setenv('MTCP_BASE', f'../comparison/{base}.py')
        found, expected = (
            cfg.to_dict()
            for cfg in (load(f'{method}_lite0'),
                        load_config_file(CONFIGS / f'comparison/{base}.py')))
        for cfg in (found, expected):
            for key in ('neck', 'decode_head', 'loss_weighting'):
                del cfg['model'][key]
            del cfg['custom_hooks']
        assert found == expected


def test_trunk_is_that_of_the_code():
    """Oracle: HRNet-W18-small-v2, counted in closed form."""
    for method in METHODS:
        cfg = load(f'{method}_hrnet18_nyud')
        assert count(cfg.model.backbone) == 3_860_720


@pytest.mark.parametrize('method, helpers, expected', [
    ('pad_net', False, 3_158_336), ('mti_net', False, 4_717_459),
    ('mti_net', True, 10_977_401)])
def test_heads_are_those_of_the_code(method, helpers, expected):
    """Oracle: their parameters, counted in closed form."""
    cfg = load(f'{method}_hrnet18_nyud' + '_with_helpers' * helpers)
    tasks = cfg.model.tasks
    found = count(
        cfg.model.decode_head,
        in_channels=[18, 36, 72, 144],
        task_channels={t: CHANNELS[t] for t in tasks},
        helpers=[t for t in tasks if tasks[t].get('helper')])
    assert found == expected
