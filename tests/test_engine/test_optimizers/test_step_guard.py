# Copyright (c) mtcp_mm authors. All rights reserved.
import copy
import math

import pytest
import torch
from mmengine.optim import (
    AmpOptimWrapper,
    ApexOptimWrapper,
    OptimWrapper,
    build_optim_wrapper,
)
from mmengine.optim.optimizer import amp_optimizer_wrapper
from torch import nn
from torch.optim import AdamW

from mtcp_mm.engine.optimizers import (
    GuardedAmpOptimWrapper,
    GuardedOptimWrapper,
    constructor,
)


def setup(cls=GuardedOptimWrapper, **kwargs):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))
    wrapper = cls(
        optimizer=AdamW(model.parameters(), lr=.01), **kwargs)
    return model, wrapper


def update(model, wrapper, factor=1., step=0):
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(step))
    wrapper.update_params(model(x).square().mean() * factor)


def state_of(model, wrapper):
    optimizer = wrapper.optimizer.state_dict()['state']
    return copy.deepcopy([*model.state_dict().values(), *(
        v for values in optimizer.values() for v in values.values())])


def same(a, b):
    return len(a) == len(b) and all(map(torch.equal, a, b))


class InfiniteGradient(torch.autograd.Function):

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, grad):
        return grad * math.inf


class TestSteps:
    """Oracle: mmengine's OptimWrapper on the steps that are finite."""

    @pytest.mark.parametrize('kwargs', [
        dict(), dict(clip_grad=dict(max_norm=.1)),
        dict(accumulative_counts=2)])
    def test_finite_training_is_the_same(self, kwargs):
        found, expected = setup(**kwargs), setup(OptimWrapper, **kwargs)
        for step in range(6):
            update(*found, step=step)
            update(*expected, step=step)
        assert same(state_of(*found), state_of(*expected))

    @pytest.mark.parametrize('clip', [None, dict(max_norm=.1)])
    @pytest.mark.parametrize('factor', [math.nan, math.inf])
    def test_skips_a_loss(self, factor, clip):
        found = setup(clip_grad=clip)
        expected = setup(OptimWrapper, clip_grad=clip)
        for step, f in enumerate([1., factor, 1.]):
            update(*found, f, step)
            assert found[1].stepped is (f == 1.)
            assert not found[1].excused
            if f == 1.:
                update(*expected, f, step)
        assert same(state_of(*found), state_of(*expected))

    def test_skips_gradients_of_a_finite_loss(self):
        model, wrapper = setup()
        update(model, wrapper)
        before = state_of(model, wrapper)
        hidden = InfiniteGradient.apply(model[0](torch.ones(1, 3)).relu())
        wrapper.update_params(model[2](hidden).square().mean())
        assert wrapper.stepped is False
        assert [id(p) for p in wrapper.broken] == [
            id(p) for p in model[0].parameters()]
        assert same(state_of(model, wrapper), before)

    def test_loss_whose_gradients_are_finite(self):
        model, wrapper = setup()
        before = state_of(model, wrapper)
        wrapper.update_params(model(torch.ones(1, 3)).sum() + math.inf)
        assert wrapper.stepped is False
        assert wrapper.broken == []
        assert same(state_of(model, wrapper), before)

    @pytest.mark.parametrize('bad', [0, 1])
    def test_skips_the_whole_accumulated_step(self, bad):
        found = setup(accumulative_counts=2)
        expected = setup(OptimWrapper, accumulative_counts=2)
        outcome = []
        for step in range(6):
            broken = step == 2 + bad
            update(*found, math.nan if broken else 1., step)
            outcome.append(found[1].stepped)
            if step not in (2, 3):
                update(*expected, 1., step)
        assert outcome == [None, True, None, False, None, True]
        assert same(state_of(*found), state_of(*expected))


@pytest.fixture
def amp(monkeypatch):
    """AmpOptimWrapper on a CPU, with torch's scaler for it."""
    monkeypatch.setattr(
        amp_optimizer_wrapper, 'is_cuda_available', lambda: True)

    def build(scale, cls=GuardedAmpOptimWrapper, **kwargs):
        model, wrapper = setup(cls, **kwargs)
        wrapper.loss_scaler = torch.amp.GradScaler('cpu', init_scale=scale)
        return model, wrapper

    return build


class TestMixedPrecision:
    """Oracle: mmengine's AmpOptimWrapper, whose scaler skips by itself."""

    @pytest.mark.parametrize('clip', [None, dict(max_norm=.1)])
    def test_scaler_finds_its_scale(self, amp, clip):
        scale = 2.**128  # too large for float32 until it has been lowered
        found = amp(scale / 2, clip_grad=clip)
        expected = amp(scale / 2, AmpOptimWrapper, clip_grad=clip)
        outcome = []
        for step in range(8):
            update(*found, 16., step)
            update(*expected, 16., step)
            outcome.append((found[1].stepped, found[1].excused))
        assert outcome[0] == (False, True)
        assert outcome[-1] == (True, False)
        assert same(state_of(*found), state_of(*expected))
        scales = [w.loss_scaler.get_scale() for _, w in (found, expected)]
        assert scales[0] == scales[1] < scale / 2

    def test_nan_of_the_loss_leaves_the_scale(self, amp):
        model, wrapper = amp(1024.)
        before = state_of(model, wrapper)
        update(model, wrapper, math.nan)
        assert (wrapper.stepped, wrapper.excused) == (False, False)
        assert wrapper.loss_scaler.get_scale() == 1024.
        assert same(state_of(model, wrapper), before)
        update(model, wrapper)
        assert wrapper.stepped

    def test_overflow_that_goes_on_is_a_fault(self, amp):
        model, wrapper = amp(4.)
        excused = []
        for _ in range(4):
            hidden = InfiniteGradient.apply(model[0](torch.ones(1, 3)))
            wrapper.update_params(model[2](hidden).sum())
            excused.append(wrapper.excused)
            assert wrapper.stepped is False
        assert excused == [True, True, False, False]

    def test_static_scale_is_never_excused(self, amp):
        model, wrapper = amp(4., loss_scale=4.)
        hidden = InfiniteGradient.apply(model[0](torch.ones(1, 3)))
        wrapper.update_params(model[2](hidden).sum())
        assert (wrapper.stepped, wrapper.excused) == (False, False)


class TestConstructor:
    """Oracle: the type that the config names."""

    def build(self, kind):
        return build_optim_wrapper(
            nn.Linear(2, 2),
            dict(
                type=kind,
                constructor='mtcp_mm.MultiTaskOptimWrapperConstructor',
                optimizer=dict(type='SGD', lr=.1)))

    @pytest.mark.parametrize('kind, cls', [
        ('OptimWrapper', GuardedOptimWrapper),
        (OptimWrapper, GuardedOptimWrapper),
        ('AmpOptimWrapper', GuardedAmpOptimWrapper)])
    def test_guards(self, amp, kind, cls):
        wrapper = self.build(kind)
        assert type(wrapper) is cls
        assert isinstance(wrapper, amp_optimizer_wrapper.OptimWrapper)

    def test_says_what_is_not_guarded(self, monkeypatch):
        said = []
        monkeypatch.setattr(constructor, 'print_log',
                            lambda text, **kwargs: said.append(text))
        monkeypatch.setattr(ApexOptimWrapper, '__init__',
                            lambda self, optimizer: None)
        assert type(self.build('ApexOptimWrapper')) is ApexOptimWrapper
        assert 'ApexOptimWrapper makes steps' in said[0]
