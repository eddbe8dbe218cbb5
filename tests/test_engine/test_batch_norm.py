# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, MODELS
from torch import nn

from mtcp_mm.engine.batch_norm import tell_single_images
from mtcp_mm.registry import RUNNERS
from mtcp_mm.utils.errors import UsageError


class Maps(torch.utils.data.Dataset):
    metainfo = {}

    def __init__(self, length):
        self.length = length

    def __len__(self):
        return self.length

    def __getitem__(self, i):
        return dict(x=torch.rand(3, 4, 4))


class Pooling(BaseModel):
    """Image pooling, as in ASPP."""

    def __init__(self, pool=True, norm='BatchNorm2d', frozen=False):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.pool = nn.AdaptiveAvgPool2d(1) if pool else nn.Identity()
        self.norm = getattr(nn, norm)(4) if norm else nn.Identity()
        self.frozen = frozen

    def train(self, mode=True):
        super().train(mode)
        if self.frozen:
            self.norm.eval()
        return self

    def forward(self, x, mode='tensor'):
        return dict(loss=self.norm(self.pool(self.conv(x))).square().sum())


@pytest.fixture
def build(tmp_path, monkeypatch):
    """A runner by the name that configs give it."""
    monkeypatch.setitem(DATASETS._module_dict, 'Maps', Maps)
    monkeypatch.setitem(MODELS._module_dict, 'Pooling', Pooling)

    def build(length, batch_size, sampler='DefaultSampler', drop_last=False,
              **model):
        return RUNNERS.build(Config(dict(
            runner_type='mtcp_mm.MultiTaskRunner',
            model=dict(type='Pooling', **model),
            work_dir=str(tmp_path),
            experiment_name=str(tmp_path),
            train_dataloader=dict(
                batch_size=batch_size,
                drop_last=drop_last,
                sampler=dict(type=sampler),
                collate_fn=dict(type='default_collate'),
                dataset=dict(type='Maps', length=length)),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=.1)),
            train_cfg=(dict(by_epoch=True, max_epochs=1)
                       if sampler == 'DefaultSampler' else
                       dict(by_epoch=False, max_iters=3)))))

    return build


@pytest.mark.parametrize('settings, words', [
    (dict(length=2, batch_size=1), 'every batch has one image'),
    (dict(length=5, batch_size=2), 'drop_last=True'),
])
def test_one_image_on_a_map_of_1x1(build, caplog, settings, words):
    """Oracle: torch, which fails where the doubt said so at the start."""
    runner = build(**settings)
    runner.logger.addHandler(caplog.handler)
    with pytest.raises(UsageError, match='1x1(.|\n)*batch_size of 2'):
        runner.train()
    runner.logger.removeHandler(caplog.handler)
    assert words in caplog.text and 'first is norm' in caplog.text
    assert 'train_dataloader.batch_size of 2 or more' in caplog.text


@pytest.mark.parametrize('settings', [
    dict(length=4, batch_size=2),
    dict(length=5, batch_size=2, drop_last=True),
    dict(length=5, batch_size=2, sampler='InfiniteSampler'),
    dict(length=2, batch_size=1, norm=None),
    dict(length=2, batch_size=1, frozen=True),
], ids=str)
def test_nothing_to_doubt(build, caplog, settings):
    """Oracle: torch, which trains all of these."""
    runner = build(**settings)
    runner.logger.addHandler(caplog.handler)
    runner.train()
    runner.logger.removeHandler(caplog.handler)
    assert 'batch norm' not in caplog.text


def test_larger_maps_are_trained_with_a_warning(build, caplog):
    runner = build(length=2, batch_size=1, pool=False)
    runner.logger.addHandler(caplog.handler)
    runner.train()
    runner.logger.removeHandler(caplog.handler)
    assert caplog.text.count('take their statistics from it') == 1


@pytest.mark.parametrize('norm, ranks, doubt', [
    ('SyncBatchNorm', 2, False), ('SyncBatchNorm', 1, True),
    ('BatchNorm2d', 2, True)])
def test_sync_bn_counts_all_ranks(norm, ranks, doubt):
    loader = torch.utils.data.DataLoader(Maps(2), batch_size=1)
    told = tell_single_images(Pooling(norm=norm), loader, ranks)
    assert bool(told) == doubt


def test_other_errors_pass(build, monkeypatch):
    runner = build(length=2, batch_size=2)

    def fail(self, x, mode='tensor'):
        raise ValueError('another')

    monkeypatch.setattr(Pooling, 'forward', fail)
    with pytest.raises(ValueError, match='^another$'):
        runner.train()
