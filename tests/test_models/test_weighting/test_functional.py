# Copyright (c) mtcp_mm authors. All rights reserved.
import itertools
import math

import numpy as np
import pytest

from mtcp_mm.models.weighting.functional import (
    loss_shares,
    lps_weights,
    priorities,
    spread,
)


class TestByHand:
    """Oracle: arithmetic on paper, for losses whose logs are whole numbers
    (log(1 + (e^k - 1)) = k) or without log."""

    def test_shares(self):
        assert loss_shares(dict(a=1., b=3., c=4.)) == dict(
            a=1 / 8, b=3 / 8, c=4 / 8)

    def test_shares_of_zero_losses_are_equal(self):
        assert loss_shares(dict(a=0., b=0.)) == dict(a=.5, b=.5)

    def test_priorities_average_the_past_shares(self):
        # a: 0.6 / ((0.5 + 0.3) / 2) = 1.5; b: 0.4 / ((0.5 + 0.7) / 2) = 2/3
        weights = priorities(
            dict(a=.6, b=.4), [dict(a=.5, b=.5),
                               dict(a=.3, b=.7)])
        assert weights == pytest.approx(dict(a=1.5, b=2 / 3), rel=1e-15)

    def test_priority_without_past_share_is_one(self):
        assert priorities(
            dict(a=.2, b=.8), [dict(a=0., b=1.)]) == dict(
                a=1., b=.8)

    def test_spread(self):
        # mean 1; 1 + 2.5 * 0.2 = 1.5; 1 + 2.5 * (-0.2) = 0.5
        assert spread(dict(a=1.2, b=.8), 2.5) == pytest.approx(
            dict(a=1.5, b=.5), rel=1e-15)

    def test_spread_can_go_below_zero(self):
        # mean 1; 1 + 2.5 * (-0.6) = -0.5
        assert spread(dict(a=1.6, b=.4), 2.5)['b'] == pytest.approx(-.5)

    def test_whole_chain(self):
        # logs before: (1, 3), shares 1/4, 3/4; logs now: (1, 2), shares 1/3,
        # 2/3. w = (4/3, 8/9), mean 10/9, d = (2/9, -2/9);
        # kappa 2.5: 10/9 +- 5/9 = (15/9, 5/9).
        before = dict(a=[math.expm1(1)], b=[math.expm1(3)])
        now = dict(a=math.expm1(1), b=math.expm1(2))
        step = lps_weights(before, now, kappa=2.5)
        assert step.shares == pytest.approx(dict(a=1 / 3, b=2 / 3), rel=1e-14)
        assert step.weights == pytest.approx(
            dict(a=15 / 9, b=5 / 9), rel=1e-14)

    def test_without_log(self):
        # Shares (1/4, 3/4) -> (1/3, 2/3), as above, from the losses as such.
        step = lps_weights(dict(a=[1.], b=[3.]), dict(a=1., b=2.), log=False)
        assert step.weights == pytest.approx(
            dict(a=15 / 9, b=5 / 9), rel=1e-14)

    def test_floor_keeps_the_raw_value(self):
        # Shares (1/2, 1/2) -> (1/5, 4/5): w = (0.4, 1.6), spread to
        # 1 -+ 2.5 * 0.6 = (-0.5, 2.5).
        step = lps_weights(
            dict(a=[1.], b=[1.]), dict(a=1., b=4.), min_weight=.1, log=False)
        assert step.unclamped == pytest.approx(dict(a=-.5, b=2.5), rel=1e-14)
        assert step.weights == pytest.approx(dict(a=.1, b=2.5), rel=1e-14)


def numpy_lps(past, now, kappa, floor):
    """Eqs. 3 to 6 on arrays: past (H, T) and now (T,)."""
    past, now = np.log(1 + past), np.log(1 + now)
    r_past = past / past.sum(1, keepdims=True)
    r_now = now / now.sum()
    w = r_now / r_past.mean(0)
    w = w.mean() + kappa * (w - w.mean())
    return np.maximum(w, floor)


@pytest.mark.parametrize('length', [1, 2, 5])
@pytest.mark.parametrize('tasks', [1, 2, 5])
@pytest.mark.parametrize('kappa', [0., 1., 2.5, 7.5])
def test_matches_numpy(length, tasks, kappa):
    """Oracle: `numpy_lps` above, float64 arrays."""
    rng = np.random.default_rng([length, tasks])
    past = rng.lognormal(0., 2., (length, tasks))
    now = rng.lognormal(0., 2., tasks)
    names = [f't{i}' for i in range(tasks)]
    step = lps_weights({n: past[:, i].tolist()
                        for i, n in enumerate(names)},
                       dict(zip(names, now.tolist())),
                       kappa=kappa,
                       min_weight=.1)
    np.testing.assert_allclose([step.weights[n] for n in names],
                               numpy_lps(past, now, kappa, .1),
                               rtol=1e-12)


class TestProperties:
    """Oracle: what eqs. 3 to 6 imply for any losses."""

    history = dict(a=[2., 1.], b=[.3, .4], c=[5., 3.])
    current = dict(a=.9, b=.35, c=2.)

    def test_order_of_tasks_does_not_matter_to_the_bit(self):
        expected = lps_weights(self.history, self.current)
        for order in itertools.permutations(self.current):
            assert lps_weights({t: self.history[t]
                                for t in order},
                               {t: self.current[t]
                                for t in order}) == expected

    def test_equal_losses_give_weight_one(self):
        step = lps_weights(
            dict(a=[.7], b=[.7], c=[.7]), dict(a=.2, b=.2, c=.2))
        assert step.weights == pytest.approx(dict(a=1, b=1, c=1), rel=1e-15)

    def test_constant_losses_give_weight_one(self):
        history = {t: [v] * 3 for t, v in self.current.items()}
        step = lps_weights(history, self.current, kappa=7.5)
        assert step.weights == pytest.approx(dict(a=1, b=1, c=1), rel=1e-13)

    def test_spread_preserves_the_mean(self):
        weights = dict(a=.3, b=1.1, c=1.9)
        for kappa in (0., 1., 2.5, 10.):
            assert np.mean(list(spread(
                weights, kappa).values())) == pytest.approx(
                    1.1, rel=1e-14)

    def test_task_that_falls_slowest_weighs_most(self):
        # log losses are all divided by 2, but b's only by 1.2.
        before = dict(a=[math.expm1(1.)], b=[math.expm1(1.)])
        weights = lps_weights(
            before, dict(a=math.expm1(.5), b=math.expm1(1 / 1.2))).weights
        assert weights['b'] > 1 > weights['a']

    def test_zero_losses_do_not_divide_by_zero(self):
        step = lps_weights(dict(a=[0.], b=[0.]), dict(a=0., b=0.))
        assert step.weights == dict(a=1., b=1.)

    def test_no_loss_at_all(self):
        assert lps_weights(self.history, {}) == ({}, {}, {})


class TestAbsentTasks:
    """Oracle: the same formulas over the tasks that are there."""

    def test_first_interval_has_no_weights(self):
        step = lps_weights(dict(a=[], b=[]), dict(a=1., b=3.), log=False)
        assert step == ({}, {}, dict(a=.25, b=.75))

    def test_absent_task_is_out_of_the_shares_of_then_and_now(self):
        # With a and b alone: shares (1/4, 3/4) -> (1/3, 2/3). Would c's old
        # loss count, the past shares would be (1/14, 3/14).
        history = dict(a=[1.], b=[3.], c=[10.])
        step = lps_weights(history, dict(a=1., b=2.), log=False)
        assert step.weights == pytest.approx(dict(a=15 / 9, b=5 / 9))
        assert step.shares == pytest.approx(dict(a=1 / 3, b=2 / 3))

    def test_newcomer_does_not_move_the_others(self):
        history = dict(a=[1.], b=[3.], c=[])
        step = lps_weights(history, dict(a=1., b=2., c=5.), log=False)
        assert step.weights == pytest.approx(dict(a=15 / 9, b=5 / 9))
        assert step.shares == dict(a=1 / 8, b=2 / 8, c=5 / 8)

    def test_history_is_as_long_as_the_youngest(self):
        # Only the last interval counts: (1/4, 3/4), not the mean with (1/2,
        # 1/2) that a's longer past would suggest.
        history = dict(a=[3., 1.], b=[3.])
        step = lps_weights(history, dict(a=1., b=2.), log=False)
        assert step.weights == pytest.approx(dict(a=15 / 9, b=5 / 9))
