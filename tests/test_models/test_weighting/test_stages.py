# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import pytest
import torch

from mtcp_mm.models.weighting import FixedWeighting
from mtcp_mm.structures import StageLoss, TaskLosses
from tests.test_models.test_weighting.task_losses import task_losses

E1, E2, E3 = math.expm1(1), math.expm1(2), math.expm1(3)


def total(stages=(4., 6.), factor=None, log=False, main=2., weight=3.):
    """Weighted total of one task."""
    weighting = FixedWeighting(['a'], dict(a=weight), log)
    return weighting(task_losses(dict(a=main), dict(a=stages), factor)).item()


class TestStages:
    """Oracle: sums on paper; main loss 2, weight 3, stages 4 and 6."""

    @pytest.mark.parametrize('factor, expected', [
        (.5, 3 * (2 + 5)),
        (2., 3 * (2 + 20)),
        (0., 3 * 2),
        (1., 3 * (2 + 10)),
    ])
    def test_factor(self, factor, expected):
        assert total(factor=factor) == expected

    def test_each_stage_has_its_factor(self):
        stages = dict(
            inter0=StageLoss(torch.tensor(4.), .25),
            inter1=StageLoss(torch.tensor(6.)))
        weighting = FixedWeighting(['a'], dict(a=3.))
        losses = TaskLosses(dict(a=torch.tensor(2.)), dict(a=stages))
        assert weighting(losses).item() == 3 * (2 + 1 + 6)

    @pytest.mark.parametrize('log', [False, True])
    def test_final_logits_have_a_factor_too(self, log):
        """A mean over two scales; log(1 + L) of each, before the factor."""
        losses = TaskLosses(
            dict(a=torch.tensor(E1)),
            dict(a=dict(coarse=StageLoss(torch.tensor(E3), .5))),
            main_weights=dict(a=.5))
        expected = 3 * (1 + 3) / 2 if log else 3 * (E1 + E3) / 2
        got = FixedWeighting(['a'], dict(a=3.), log)(losses).item()
        assert got == pytest.approx(expected, rel=1e-6)

    def test_half_of_three_stages_is_not_their_mean(self):
        assert total((4., 6., 2.), .5) == 3 * (2 + 6)
        assert total((4., 6., 2.), 1 / 3) == pytest.approx(3 * (2 + 4))

    @pytest.mark.parametrize('log, expected', [
        (True, 1 + (2 + 3) / 2),
        (False, E1 + (E2 + E3) / 2),
    ])
    def test_log_is_taken_of_every_stage(self, log, expected):
        """Not of their sum, and not of the factor."""
        got = total((E2, E3), .5, log, main=E1, weight=1.)
        assert got == pytest.approx(expected, rel=1e-6)
