# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import pytest
import torch

from mtcp_mm.models.weighting import UncertaintyWeighting
from mtcp_mm.structures import StageLoss, TaskLosses


def losses(a, b=None):
    main = {'a': torch.tensor(a, requires_grad=True)}
    if b is not None:
        main['b'] = torch.tensor(b, requires_grad=True)
    return TaskLosses(main)


class TestUncertaintyWeighting:
    """Oracle: the formula by hand (the same as LibMTL, TorchJD)."""

    def test_starts_with_half_the_sum(self):
        step, weighting = losses(2., 8.), UncertaintyWeighting(['a', 'b'])
        total = weighting(step)
        total.backward()
        assert total.item() == 5.
        assert [x.grad.item() for x in step.main.values()] == [.5, .5]
        # d/ds (e^-s L / 2 + s / 2) = (1 - L) / 2 at s = 0
        found = {t: s.grad.item() for t, s in weighting.log_variances.items()}
        assert found == dict(a=-.5, b=-3.5)

    def test_optimum_is_the_loss_itself(self):
        """s = ln 4 for L = 4: weight 1/8, value 1/2 + ln 4 / 2, slope 0."""
        weighting = UncertaintyWeighting(['a'], init=math.log(4))
        total = weighting(losses(4.))
        total.backward()
        assert total.item() == pytest.approx(.5 + math.log(4) / 2)
        assert weighting.weights['a'] == pytest.approx(1 / 8)
        assert weighting.log_variances['a'].grad.abs() < 1e-6
        assert weighting.step_weights == weighting.weights

    def test_stages_and_log(self):
        step = losses(2.)
        step.stages['a'] = dict(x=StageLoss(torch.tensor(6.), .5))
        weighting = UncertaintyWeighting(['a'], log=True)
        assert weighting(step).item() == pytest.approx(
            (math.log(3) + math.log(7) / 2) / 2)

    def test_task_without_label_has_no_part(self):
        weighting = UncertaintyWeighting(['a', 'b'], init=1.)
        weighting(losses(2.)).backward()
        assert weighting.log_variances['b'].grad is None

    def test_is_in_the_checkpoint_by_name(self):
        """mmengine sorts the tasks of a config that it dumps."""
        first = UncertaintyWeighting(['b', 'a'])
        first.log_variances['a'].data.fill_(3.)
        second = UncertaintyWeighting(['a', 'b'])
        second.load_state_dict(first.state_dict())
        assert second.log_variances['a'].item() == 3.
