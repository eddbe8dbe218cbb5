# Copyright (c) mtcp_mm authors. All rights reserved.
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope, init_default_scope
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mtcp_mm.registry import DATASETS, MODELS

ROOT = Path(__file__).parents[1]
CONFIGS = sorted(p.name for p in (ROOT / 'configs').glob('*.py'))


@pytest.fixture(autouse=True)
def default_scope():
    before = DefaultScope.get_current_instance()
    init_default_scope('mmseg')
    yield
    if before is None:
        DefaultScope._instance_dict.clear()


def without_checkpoints(cfg):
    for key, value in cfg.items():
        if key == 'init_cfg':
            cfg[key] = None
        elif isinstance(value, dict):
            without_checkpoints(value)
    return cfg


def batch(model, size):
    """Two random images, and random answers of each task as labels."""
    images = [torch.randint(0, 256, (3, *size)).byte() for _ in range(2)]
    samples = [SegDataSample(metainfo=dict(ori_shape=size)) for _ in images]
    for sample in samples:
        for task in model.tasks.values():
            # far from 0: a probability is a label only if it is 0 or 1
            label = task.predict(50 * torch.randn(task.out_channels, *size))
            sample.set_data({
                task.gt_key:
                PixelData(
                    metainfo=dict(pad_value=task.ignore_value), data=label)
            })
    return dict(inputs=images, data_samples=samples)


@pytest.mark.parametrize('name', CONFIGS)
class TestConfigs:
    """Oracle: parameters move in a step, predictions fit the image."""

    def test_trains_and_predicts(self, name):
        torch.manual_seed(0)
        cfg = Config.fromfile(ROOT / 'configs' / name)
        model = MODELS.build(without_checkpoints(cfg.model))
        optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
        before = [p.detach().clone() for p in model.parameters()]
        log = model.train().train_step(batch(model, (64, 80)), optim_wrapper)
        assert torch.isfinite(log['loss'])
        moved = [(a != b).any() for a, b in zip(before, model.parameters())]
        # one step may leave a bias at rest, not a part of the network
        assert sum(moved) > .95 * len(moved)
        with torch.no_grad():
            samples = model.eval().test_step(batch(model, (50, 70)))
        for sample in samples:
            for task in model.tasks.values():
                assert sample.get(task.pred_key).data.shape[1:] == (50, 70)

    def test_parts_agree_on_tasks(self, name):
        cfg = Config.fromfile(ROOT / 'configs' / name)
        tasks = cfg.model.tasks.to_dict()
        for loader in ('train', 'val', 'test'):
            assert cfg[f'{loader}_dataloader'].dataset.tasks == tasks
        assert cfg.val_evaluator.tasks == cfg.test_evaluator.tasks == tasks
        assert DATASETS.get(cfg.train_dataloader.dataset.type)


def test_nyud_is_the_setting_of_the_paper():
    """Oracle: MT-CP Sec. 4.2, and the released training script."""
    cfg = Config.fromfile(ROOT / 'configs' / 'mtcp_nyud.py')
    assert cfg.optim_wrapper.optimizer == dict(
        type='AdamW', lr=5e-5, weight_decay=1e-4)
    schedule, = cfg.param_scheduler
    assert (schedule.type, schedule.power, schedule.by_epoch) == ('PolyLR', .9,
                                                                  True)
    assert schedule.end == cfg.train_cfg.max_epochs == 100
    assert cfg.train_dataloader.batch_size == 2
    assert cfg.model.loss_weighting.kappa == 2.5
    assert cfg.model.backbone.depths == [2, 2, 18, 2]
    assert cfg.model.backbone.init_cfg.checkpoint.endswith(
        'ade20k-512x512_20221204_143905-e715144e.pth')
    assert cfg.model.neck.init_cfg.prefix == 'decode_head.'
