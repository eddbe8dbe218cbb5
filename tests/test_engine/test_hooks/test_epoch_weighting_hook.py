# Copyright (c) mtcp_mm authors. All rights reserved.
import math
from unittest.mock import MagicMock

import pytest
import torch
from mmengine.logging import MessageHub
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop

from mtcp_mm.engine.hooks import EpochWeightingHook, LPSHook
from mtcp_mm.models.weighting import DWAWeighting, FixedWeighting
from mtcp_mm.utils.errors import UsageError


class Model:

    def __init__(self, weighting):
        self.loss_weighting = weighting
        self.main_losses = {}


def run_with(weighting, loop=EpochBasedTrainLoop, name='hook'):
    runner = MagicMock(model=Model(weighting), train_loop=MagicMock(loop))
    runner.train_loop.__class__ = loop
    runner.message_hub = MessageHub.get_instance(name)
    runner._resume = True
    return runner


def epoch(hook, runner, number, losses):
    """Feed the losses of an epoch, one dict per iteration."""
    runner.epoch = number - 1
    for i, values in enumerate(losses):
        runner.iter = i
        runner.model.main_losses = {
            t: torch.tensor(v, dtype=torch.float64)
            for t, v in values.items()
        }
        # what stands in the log plays no part
        hook.after_train_iter(runner, i, outputs={'a.loss': 'nonsense'})
    hook.after_train_epoch(runner)


class TestEpochWeightingHook:
    """Oracle: DWA of the means, by hand."""

    def test_weights_follow_from_means(self):
        runner = run_with(DWAWeighting(['a', 'b']), name='means')
        hook = EpochWeightingHook()
        hook.before_train(runner)
        epoch(hook, runner, 1, [dict(a=3., b=8.), dict(a=5., b=8.)])
        assert runner.model.loss_weighting.weights == dict(a=1., b=1.)
        # b is labelled once; a loss that is not finite is not counted
        epoch(hook, runner, 2, [dict(a=2., b=8.), dict(a=2.),
                                dict(a=math.nan)])
        found = runner.model.loss_weighting.weights
        assert found == pytest.approx(dict(a=.8756, b=1.1244), abs=1e-4)
        logged = runner.message_hub.get_scalar('train/task_weight_b').current()
        assert logged == found['b']

    def test_interval_of_two_epochs(self):
        runner = run_with(DWAWeighting(['a', 'b']), name='interval')
        hook = EpochWeightingHook(interval=2)
        hook.before_train(runner)
        for number, a in enumerate((2., 6., 1., 3.), 1):
            epoch(hook, runner, number, [dict(a=a, b=8.)])
        found = runner.model.loss_weighting.weights
        assert found == pytest.approx(dict(a=.8756, b=1.1244), abs=1e-4)

    @pytest.mark.parametrize('stop', [1, 2, 3])
    def test_checkpoint_continues(self, stop):
        """Oracle: the run without a break, interval of two epochs."""
        means = [dict(a=1. + i, b=2. * i + 1) for i in range(4)]

        def start():
            runner = run_with(DWAWeighting(['a', 'b']), name=f'stop{stop}')
            hook = EpochWeightingHook(interval=2)
            hook.before_train(runner)
            return runner, hook

        runner, hook = start()
        checkpoint = {}
        for i, losses in enumerate(means):
            epoch(hook, runner, i + 1, [losses])
            if i + 1 == stop:
                hook.before_save_checkpoint(runner, checkpoint)
        again, hook = start()
        hook.after_load_checkpoint(again, checkpoint)
        for i, losses in enumerate(means[stop:], stop):
            epoch(hook, again, i + 1, [losses])
        assert (again.model.loss_weighting.weights ==
                runner.model.loss_weighting.weights)

    def test_load_from_starts_anew(self):
        runner = run_with(DWAWeighting(['a']), name='load')
        runner._resume = False
        EpochWeightingHook().after_load_checkpoint(
            runner, dict(loss_weighting='never looked at'))

    @pytest.mark.parametrize('hook, weighting', [
        (EpochWeightingHook, FixedWeighting), (LPSHook, DWAWeighting)])
    def test_rejects_another_weighting(self, hook, weighting):
        runner = run_with(weighting(['a']))
        with pytest.raises(
                UsageError,
                match=f'{hook.__name__} needs.*is {weighting.__name__}'):
            hook().before_train(runner)

    def test_rejects_epochs_of_a_loop_without(self):
        runner = run_with(DWAWeighting(['a']), IterBasedTrainLoop)
        with pytest.raises(ValueError, match='by_epoch=False'):
            EpochWeightingHook().before_train(runner)

    @pytest.mark.parametrize('interval', [0, -1, 1.5])
    def test_rejects_interval(self, interval):
        with pytest.raises(ValueError, match='at least 1'):
            EpochWeightingHook(interval)
