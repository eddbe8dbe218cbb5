# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from mmengine.registry import PARAM_SCHEDULERS
from mmengine.runner import Runner
from torch.utils.data import Dataset

from mtcp_mm.engine.schedulers import PolyLR


class OneWeight(BaseModel):

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, inputs, mode='tensor'):
        return dict(loss=self.weight.sum())


class Four(Dataset):

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return dict(inputs=torch.zeros(1))


def rates(scheduler, steps):
    """Learning rate in each step."""
    found = []
    for _ in range(steps):
        found.append(scheduler.optimizer.param_groups[0]['lr'])
        scheduler.step()
    return np.array(found)


@pytest.fixture
def optimizer():
    return OptimWrapper(
        torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=5e-5))


class TestPolyLR:
    """Oracle: MT-CP's base * (1 - e / E) ** 0.9 in float64."""

    @pytest.mark.parametrize('eta_min', [0, 1e-6])
    def test_closed_formula(self, optimizer, eta_min):
        found = rates(
            PolyLR(optimizer, power=.9, eta_min=eta_min, end=100), 101)
        epochs = np.minimum(np.arange(101), 100)
        expected = eta_min + (5e-5 - eta_min) * (1 - epochs / 100)**.9
        np.testing.assert_allclose(found[:100], expected[:100], rtol=1e-12)
        assert found[99] > eta_min
        assert found[99] == pytest.approx(
            eta_min + (5e-5 - eta_min) * .01**.9, rel=1e-12)

    def test_begins_later(self, optimizer):
        found = rates(PolyLR(optimizer, power=2., begin=2, end=6), 6)
        np.testing.assert_allclose(
            found / 5e-5, [1, 1, 1, .75**2, .5**2, .25**2], rtol=1e-12)

    @pytest.mark.parametrize('options, expected', [
        ({}, [1, 1, .75, .75, .5, .5, .25, .25]),
        (dict(convert_to_iter_based=True),
         [1, .875, .75, .625, .5, .375, .25, .125]),
    ])
    def test_runner_fills_in_the_end(self, tmp_path, options, expected):
        """4 epochs of 2 iterations."""
        runner = Runner(
            OneWeight(),
            str(tmp_path),
            train_dataloader=dict(
                batch_size=2,
                dataset=Four(),
                sampler=dict(type='DefaultSampler', shuffle=False)),
            train_cfg=dict(by_epoch=True, max_epochs=4),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=1.)),
            param_scheduler=dict(type='mtcp_mm.PolyLR', **options),
            default_hooks=dict(checkpoint=None),
            experiment_name=tmp_path.name)
        found = []
        step = runner.model.train_step

        def train_step(data, optim_wrapper):
            found.append(optim_wrapper.param_groups[0]['lr'])
            return step(data, optim_wrapper)

        runner.model.train_step = train_step
        runner.train()
        np.testing.assert_allclose(found, expected, rtol=1e-12)

    def test_name_without_scope_stays_mmengines(self):
        assert PARAM_SCHEDULERS.get('mtcp_mm.PolyLR') is PolyLR
        assert PARAM_SCHEDULERS.get('PolyLR') is not PolyLR
