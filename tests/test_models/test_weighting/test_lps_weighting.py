# Copyright (c) mtcp_mm authors. All rights reserved.
import json
import math

import pytest
import torch

from mtcp_mm.models.weighting import LPSWeighting
from tests.test_models.test_weighting.task_losses import task_losses

E1, E2, E3 = math.expm1(1), math.expm1(2), math.expm1(3)


class TestUpdate:
    """Oracle: eqs. 3 to 6 on paper, with losses e^k - 1, whose log(1 + L)
    is k."""

    def test_epoch_by_epoch(self):
        weighting = LPSWeighting(['a', 'b'])
        assert weighting.weights == dict(a=1., b=1.)
        # First epoch: nothing to compare with.
        assert weighting.update(dict(a=E1, b=E3)) == dict(a=1., b=1.)
        assert weighting.shares == pytest.approx(dict(a=1 / 4, b=3 / 4))
        # Shares (1/4, 3/4) -> (1/3, 2/3): w = (4/3, 8/9) -> 10/9 +- 5/9.
        assert weighting.update(dict(
            a=E1, b=E2)) == pytest.approx(dict(a=15 / 9, b=5 / 9))
        # (1/3, 2/3) -> (1/3, 2/3): nothing moved.
        assert weighting.update(dict(
            a=E1, b=E2)) == pytest.approx(dict(a=1., b=1.))

    def test_history_of_two(self):
        weighting = LPSWeighting(['a', 'b'], history=2, kappa=1)
        for b in (E3, E3, E1):  # a's shares: 1/4, 1/4, 1/2
            weighting.update(dict(a=E1, b=b))
        # (1/2) / ((1/4 + 1/4) / 2) = 2 and (1/2) / (3/4) = 2/3
        assert weighting.weights == pytest.approx(dict(a=2., b=2 / 3))
        # Now the past is (1/4, 1/2) for a and (3/4, 1/2) for b.
        weighting.update(dict(a=E1, b=E1))
        assert weighting.weights == pytest.approx(dict(a=4 / 3, b=4 / 5))

    def test_floor(self):
        weighting = LPSWeighting(['a', 'b'], log=False, min_weight=.25)
        weighting.update(dict(a=1., b=1.))
        # (1/2, 1/2) -> (1/5, 4/5): (0.4, 1.6) spread to (-0.5, 2.5).
        weighting.update(dict(a=1., b=4.))
        assert weighting.weights == pytest.approx(dict(a=.25, b=2.5))
        assert weighting.clamped == pytest.approx(dict(a=-.5))
        weighting.update(dict(a=1., b=4.))
        assert weighting.clamped == {}

    def test_absent_task_keeps_weight_and_history(self):
        weighting = LPSWeighting(['a', 'b', 'c'], kappa=1, log=False)
        weighting.update(dict(a=1., b=1., c=2.))
        weighting.update(dict(a=1., b=1., c=6.))  # c: (6/8) / (2/4) = 1.5
        assert weighting.weights == pytest.approx(dict(a=.5, b=.5, c=1.5))
        weighting.update(dict(a=1., b=3.))  # (1/4, 3/4) / (1/2)
        assert weighting.weights == pytest.approx(dict(a=.5, b=1.5, c=1.5))
        # c is back; its last loss was 6, so the past shares are (1, 3, 6)/10
        # and the present ones (1, 3, 4)/8.
        weighting.update(dict(a=1., b=3., c=4.))
        assert weighting.weights == pytest.approx(
            dict(a=1.25, b=1.25, c=.5 / .6))

    def test_without_prioritisation_the_weights_stay(self):
        weighting = LPSWeighting(['a', 'b'], prioritise=False)
        for b in (E3, E2, E1):
            assert weighting.update(dict(a=E1, b=b)) == dict(a=1., b=1.)
        assert weighting.shares == pytest.approx(dict(a=.5, b=.5))

    @pytest.mark.parametrize('loss', [-.1, math.nan, math.inf])
    def test_rejects_losses(self, loss):
        with pytest.raises(ValueError, match='task `b` must be a finite'):
            LPSWeighting(['a', 'b']).update(dict(a=1., b=loss))

    def test_rejects_unknown_task(self):
        with pytest.raises(ValueError, match=r"unknown tasks \['c'\]"):
            LPSWeighting(['a', 'b']).update(dict(a=1., c=1.))

    @pytest.mark.parametrize('option', [
        dict(kappa=-1.),
        dict(kappa=math.nan),
        dict(history=0),
        dict(history=1.5),
        dict(min_weight=-.1)
    ])
    def test_rejects_options(self, option):
        with pytest.raises(ValueError, match=f'`{next(iter(option))}`'):
            LPSWeighting(['a'], **option)


class TestForward:
    """Oracle: eq. 7 and its derivative on paper."""

    def weighting(self, **kwargs):
        """Weights 15/9 for a and 5/9 for b (see TestUpdate)."""
        weighting = LPSWeighting(['a', 'b'], **kwargs)
        weighting.update(dict(a=E1, b=E3))
        weighting.update(dict(a=E1, b=E2))
        return weighting

    def test_total(self):
        # 15/9 * (1 + (2 + 3) / 2) + 5/9 * (3 + 1)
        total = self.weighting()(
            task_losses(dict(a=E1, b=E3), dict(a=[E2, E3], b=[E1])))
        assert total.item() == pytest.approx((15 * 3.5 + 5 * 4) / 9, rel=1e-6)

    def test_weight_reaches_the_gradient(self):
        # d total / d theta = w_t * dL_t / (1 + L_t), with L_a = theta,
        # L_b = 2 theta and theta = 1: w_a / 2 and 2 w_b / 3; the only
        # stage of a, 3 theta, adds w_a * 3 / 4.
        for weighting, w_a, w_b in ((LPSWeighting(['a', 'b']), 1., 1.),
                                    (self.weighting(), 15 / 9, 5 / 9)):
            theta = torch.ones(2, requires_grad=True)
            weighting(
                task_losses(
                    dict(a=theta[0], b=2 * theta[1]),
                    dict(a=[3 * theta[0]]))).backward()
            assert theta.grad.tolist() == pytest.approx(
                [w_a * (1 / 2 + 3 / 4), w_b * 2 / 3], rel=1e-6)

    def test_without_log(self):
        # Shares of the losses as such: before (1, 3)/4, now (1, 2)/3.
        weighting = LPSWeighting(['a', 'b'], log=False)
        weighting.update(dict(a=1., b=3.))
        weighting.update(dict(a=1., b=2.))
        total = weighting(task_losses(dict(a=9., b=18.)))
        assert total.item() == pytest.approx(15 + 10, rel=1e-6)

    def test_weights_are_no_parameters(self):
        weighting = self.weighting()
        assert not weighting.state_dict()
        assert not list(weighting.parameters())


class TestState:
    """Oracle: the run that was not interrupted."""

    losses = [
        dict(a=2., b=.3, c=5.),
        dict(a=1.7, c=4.),
        dict(a=1.1, b=.25, c=3.9),
        dict(a=.7, b=.25, c=1.),
        dict(a=.6, b=.1, c=.9)
    ]

    @pytest.mark.parametrize('stop', range(6))
    def test_continues_bit_for_bit(self, stop):
        whole = LPSWeighting(['a', 'b', 'c'], history=2)
        first, second = (
            LPSWeighting(['a', 'b', 'c'], history=2) for _ in range(2))
        for losses in self.losses:
            whole.update(losses)
        for losses in self.losses[:stop]:
            first.update(losses)
        # JSON lets nothing through but plain numbers, strings, lists, dicts.
        second.load_state(json.loads(json.dumps(first.get_state())))
        for losses in self.losses[stop:]:
            second.update(losses)
        assert second.get_state() == whole.get_state()

    def test_state_is_a_copy(self):
        weighting = LPSWeighting(['a'])
        state = weighting.get_state()
        state['losses']['a'].append(1.)
        state['weights']['a'] = 2.
        assert weighting.get_state() == dict(
            weights=dict(a=1.), losses=dict(a=[]), shares={}, updates=0)

    def test_rejects_other_tasks(self):
        state = LPSWeighting(['a', 'b']).get_state()
        with pytest.raises(ValueError, match=r"\['a', 'b'\].*\['a', 'c'\]"):
            LPSWeighting(['a', 'c']).load_state(state)
