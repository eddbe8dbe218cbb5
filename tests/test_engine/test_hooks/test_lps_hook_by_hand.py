# Copyright (c) mtcp_mm authors. All rights reserved.
import math
from types import SimpleNamespace
from uuid import uuid4

import torch
from mmengine.logging import MessageHub, MMLogger

from mtcp_mm.engine.hooks import LPSHook
from mtcp_mm.models.weighting import LPSWeighting

NAN = math.nan
TASKS = ('a', 'b')


class TestByHand:
    """Oracle: means on paper, through the weighting that receives them."""

    def setup_method(self):
        self.model = SimpleNamespace(
            loss_weighting=LPSWeighting(TASKS, kappa=1, log=False))
        self.runner = SimpleNamespace(
            model=self.model,
            optim_wrapper=None,
            iter=0,
            epoch=0,
            logger=MMLogger.get_instance(uuid4().hex, log_level='INFO'),
            message_hub=MessageHub(uuid4().hex),
            train_loop=None)
        self.hook = LPSHook()
        self.hook.before_train(self.runner)

    def epoch(self, *steps):
        for i, step in enumerate(steps):
            self.model.main_losses = {
                t: torch.tensor(v)
                for t, v in step.items()
            }
            self.hook.after_train_iter(self.runner, i)
        self.hook.after_train_epoch(self.runner)
        return self.model.loss_weighting.get_state()['losses']

    def test_mean_over_labelled_steps(self):
        assert self.epoch(dict(a=1., b=4.), dict(a=2.),
                          dict(a=6.)) == dict(a=[3.], b=[4.])

    def test_non_finite_losses_are_not_counted(self):
        losses = self.epoch(
            dict(a=1., b=4.), dict(a=NAN, b=6.), dict(a=3., b=-math.inf))
        assert losses == dict(a=[2.], b=[5.])

    def test_intervals_do_not_leak(self):
        self.epoch(dict(a=1., b=4.))
        assert self.epoch(dict(a=3., b=1.)) == dict(a=[3.], b=[1.])

    def test_task_without_label_in_the_interval(self):
        self.epoch(dict(a=1., b=1.))
        self.epoch(dict(a=1., b=3.))  # b: (3/4) / (1/2)
        assert self.model.loss_weighting.weights == dict(a=.5, b=1.5)
        assert self.epoch(dict(a=2.)) == dict(a=[2.], b=[3.])
        # a alone has share 1 then and now.
        assert self.model.loss_weighting.weights == dict(a=1., b=1.5)

    def test_interval_without_any_finite_loss_changes_nothing(self):
        self.epoch(dict(a=1., b=1.))
        self.epoch(dict(a=1., b=3.))
        before = self.model.loss_weighting.get_state()
        self.epoch(dict(a=NAN, b=NAN), dict())
        after = self.model.loss_weighting.get_state()
        assert (after['weights'], after['losses']) == (before['weights'],
                                                       before['losses'])

    def test_floor_is_logged(self, monkeypatch):
        lines = []
        monkeypatch.setattr(self.runner.logger, 'info', lines.append)
        self.model.loss_weighting.kappa = 2.5
        self.epoch(dict(a=1., b=1.))
        # Shares (1/2, 1/2) -> (1/5, 4/5): (0.4, 1.6) spread to (-0.5, 2.5).
        self.epoch(dict(a=1., b=4.))
        assert lines == [
            'LPS: weight of task `a` is -0.5000, clamped to min_weight 0.1'
        ]
