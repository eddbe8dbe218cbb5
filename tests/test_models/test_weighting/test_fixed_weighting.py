# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import pytest
import torch

from mtcp_mm.models.weighting import FixedWeighting, LossWeighting
from mtcp_mm.registry import MODELS
from tests.test_models.test_weighting.task_losses import task_losses


def scalars(*values):
    return [torch.tensor(v, dtype=torch.float32) for v in values]


class TestFixedWeighting:
    """Oracle: sums on paper."""

    def setup_method(self):
        a, b, a0, a1, b0, b1 = scalars(2., 3., 4., 6., 1., 2.)
        self.main = dict(a=a, b=b)
        self.stages = dict(a=[a0, a1], b=[b0, b1])

    def test_equal_weights(self):
        # (2 + (4 + 6) / 2) + (3 + (1 + 2) / 2) = 7 + 4.5
        weighting = FixedWeighting(tasks=['a', 'b'])
        assert weighting.weights == dict(a=1., b=1.)
        assert weighting(task_losses(self.main, self.stages)).item() == 11.5

    def test_weights_also_weigh_the_stages(self):
        # 2 * 7 + 0.5 * 4.5
        weighting = FixedWeighting(['a', 'b'], weights=dict(a=2, b=.5))
        assert weighting(task_losses(self.main, self.stages)).item() == 16.25

    def test_unnamed_task_weighs_one(self):
        # 3 * 2 + 1 * 3
        weighting = FixedWeighting(['a', 'b'], weights=dict(a=3))
        assert weighting(task_losses(self.main)).item() == 9.

    def test_log(self):
        # log(1 + L) with L = e^k - 1 is k: 1 + (2 + 3) / 2
        a, a0, a1 = scalars(math.expm1(1), math.expm1(2), math.expm1(3))
        weighting = FixedWeighting(['a'], log=True)
        total = weighting(task_losses(dict(a=a), dict(a=[a0, a1]))).item()
        assert total == pytest.approx(3.5, rel=1e-6)

    def test_unlabelled_task_is_left_out(self):
        weighting = FixedWeighting(['a', 'b', 'c'])
        assert weighting(task_losses(dict(b=self.main['b']))).item() == 3.

    def test_float32_from_half_and_under_autocast(self):
        # 1000.5 and 2000.25 have no exact float16 sum; float32 has.
        weighting = FixedWeighting(['a', 'b'])
        half = dict(a=torch.tensor(1000.5).half(), b=torch.tensor(2000.25))
        with torch.autocast('cpu', dtype=torch.bfloat16):
            total = weighting(task_losses(half, dict(b=scalars(.125))))
        assert total.dtype == torch.float32
        assert total.item() == 3000.875

    def test_built_from_a_config(self):
        weighting = MODELS.build(
            dict(
                type='mtcp_mm.FixedWeighting',
                tasks=['a'],
                weights=dict(a=.5)))
        assert isinstance(weighting, LossWeighting)
        assert weighting.weights == dict(a=.5)
        assert not weighting.state_dict()

    @pytest.mark.parametrize('weight', [-1, math.nan, math.inf])
    def test_rejects_weights(self, weight):
        with pytest.raises(ValueError, match='`a` must be a finite number'):
            FixedWeighting(['a'], weights=dict(a=weight))

    def test_rejects_unknown_tasks(self):
        with pytest.raises(ValueError, match=r"\['dept'\].*\['depth'\]"):
            FixedWeighting(['depth'], weights=dict(dept=1.))
        with pytest.raises(ValueError, match=r"\['b'\].*\['a'\]"):
            FixedWeighting(['a'])(task_losses(self.main))

    def test_rejects_losses_that_make_no_sense(self):
        weighting = FixedWeighting(['a', 'b'])
        with pytest.raises(ValueError, match='nothing to weigh'):
            weighting(task_losses({}))
        with pytest.raises(ValueError, match=r"losses name .*\['c'\]"):
            weighting(task_losses(self.main, dict(c=self.stages['b'])))
        with pytest.raises(ValueError, match='`tasks` is empty'):
            FixedWeighting([])
