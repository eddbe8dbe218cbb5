# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: the run that was never cut off, bit for bit."""
import copy
import pickle
import random

import numpy as np
import pytest
import torch
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, MODELS
from torch import nn

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.engine.seeding import SeededDataset, SeededIndex, SeededSampler
from tests.test_engine.test_hooks.test_checkpoint_hook import same
from tests.test_engine.test_runner import (  # noqa: F401
    build,
    content_of,
    registered,
)


class DrawnData(torch.utils.data.Dataset):
    """Every image is drawn by all three generators."""
    metainfo = {}

    def __len__(self):
        return 6

    def __getitem__(self, i):
        return dict(x=torch.tensor([
            i + random.random(), np.random.rand(), torch.rand(()).item()]))


class DropModel(BaseModel):

    def __init__(self):
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(3, 8), nn.Dropout(.5),
                                   nn.Linear(8, 1))

    def forward(self, x, mode='tensor'):
        return dict(loss=self.layer(x).square().mean())


@pytest.fixture(autouse=True)
def drawn(monkeypatch):
    monkeypatch.setitem(DATASETS._module_dict, 'DrawnData', DrawnData)
    monkeypatch.setitem(MODELS._module_dict, 'DropModel', DropModel)


def settings(loop, length, workers=0, persistent=False):
    by_epoch = loop == 'epochs'
    sampler = 'DefaultSampler' if by_epoch else 'InfiniteSampler'
    return copy.deepcopy(dict(
        model=dict(type='DropModel'),
        train_dataloader=dict(
            batch_size=2, num_workers=workers, persistent_workers=persistent,
            sampler=dict(type=sampler, shuffle=True),
            collate_fn=dict(type='default_collate'),
            dataset=dict(type='DrawnData')),
        train_cfg=dict(by_epoch=by_epoch, **{
            'max_epochs' if by_epoch else 'max_iters': length}),
        default_hooks=dict(checkpoint=dict(
            type='CheckpointHook', by_epoch=by_epoch, interval=1)),
        log_processor=dict(by_epoch=by_epoch)))


class TestResumed:

    @pytest.mark.parametrize('workers', [
        (0, False), (2, False), (2, True)])
    @pytest.mark.parametrize('loop', ['epochs', 'iterations'])
    def test_equals_the_uninterrupted_run(self, build, tmp_path,  # noqa: F811
                                          loop, workers):
        build('whole', **settings(loop, 4, *workers)).train()
        build('cut', **settings(loop, 2, *workers)).train()
        for _ in range(5):  # another process has drawn something else
            random.random(), np.random.rand(), torch.rand(())
        build('cut', **settings(loop, 4, *workers), resume=True).train()
        name = 'epoch_4.pth' if loop == 'epochs' else 'iter_4.pth'
        whole, cut = (content_of(tmp_path / run / name)
                      for run in ('whole', 'cut'))
        for part in ('state_dict', 'optimizer'):
            assert same(whole[part], cut[part])
        weights = whole['state_dict']['layer.0.weight']
        start = content_of(tmp_path / 'whole' / name.replace('4', '1'))
        assert not torch.equal(weights, start['state_dict']['layer.0.weight'])

    def test_workers_do_not_matter(self, build, tmp_path):  # noqa: F811
        for workers in (0, 1, 2):
            build(f'w{workers}', **settings('epochs', 2, workers)).train()
        first, *others = (
            content_of(tmp_path / f'w{workers}/epoch_2.pth')['state_dict']
            for workers in (0, 1, 2))
        for other in others:
            assert same(first, other)

    def test_inside_of_an_epoch(self, build, tmp_path):  # noqa: F811
        cfg = settings('epochs', 2)
        cfg['default_hooks']['checkpoint']['by_epoch'] = False
        build('run', **cfg).train()
        for name in ('iter_2.pth', 'iter_3.pth'):
            with pytest.raises(CheckpointError, match='inside of an epoch'):
                build('new', **cfg, resume=True,
                      load_from=str(tmp_path / 'run' / name)).train()


def draws(loader_seed=0, rank=0, epoch=0):
    sampler = SeededSampler(range(4), loader_seed, rank)
    sampler.set_epoch(epoch)
    data = SeededDataset(DrawnData())
    return torch.stack([data[i]['x'] % 1 for i in sampler])


class TestStreams:
    """Oracle: independent draws do not meet."""

    def test_all_differ(self):
        streams = torch.cat([
            draws(), draws(1), draws(rank=1), draws(epoch=1)])
        assert len(streams.unique(dim=0)) == 16
        assert torch.equal(draws(), draws())

    def test_augmentations_of_an_epoch_are_new(self, build):  # noqa: F811
        """mmengine's workers start every epoch with the same seed."""
        runner = build('run', **settings('epochs', 2, 2))
        loader = runner.build_train_loop(runner._train_loop).dataloader
        seen = []
        for epoch in range(2):
            loader.sampler.set_epoch(epoch)
            seen += [batch['x'][:, 1] for batch in loader]
        assert len(torch.cat(seen).unique()) == 12

    def test_index_passes_to_workers(self):
        index = pickle.loads(pickle.dumps(SeededIndex(3, (1, 2))))
        assert (index, index.parts) == (3, (1, 2))

    def test_data_set_can_be_asked_as_before(self):
        data = pickle.loads(pickle.dumps(SeededDataset(DrawnData())))
        assert data.metainfo == {} and len(data) == 6
        assert not hasattr(data, 'full_init')


def test_what_is_set_reaches_the_data_set():
    """Oracle: the data set itself. Hooks switch pipelines that way."""
    inner = DrawnData()
    outer = pickle.loads(pickle.dumps(SeededDataset(inner)))
    outer.pipeline = 'new'
    assert outer.inner.pipeline == outer.pipeline == 'new'
    assert 'pipeline' not in vars(outer)
