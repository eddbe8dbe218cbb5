# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import numpy as np
import pytest

from mtcp_mm.models.weighting.functional import lps_weights

KAPPAS = (0., .5, 1., 2.5, 7.5)


def draw(seed):
    """Random case: losses over five orders of magnitude.

    Returns:
        tuple: history {task: [H losses]}, current {task: loss}, and options.
    """
    rng = np.random.default_rng(seed)
    tasks = [f't{i}' for i in range(rng.integers(2, 6))]
    length = rng.integers(1, 5)
    history = {t: rng.lognormal(0, 2, length).tolist() for t in tasks}
    current = {t: float(rng.lognormal(0, 2)) for t in tasks}
    options = dict(
        kappa=float(rng.choice(KAPPAS)), log=bool(rng.integers(2)))
    return history, current, options


def unclamped(history, current, **options):
    return lps_weights(history, current, **options).unclamped


def scaled(losses, **factors):
    """Losses with those of some tasks multiplied."""
    out = {}
    for task, loss in losses.items():
        c = factors.get(task, 1.)
        out[task] = [c * x for x in loss] if isinstance(
            loss, list) else c * loss
    return out


@pytest.mark.parametrize('seed', range(40))
class TestForAnyLosses:
    """Oracle: what eqs. 3 to 6 imply, on random losses, tasks, history
    lengths and options."""

    def test_order_of_tasks(self, seed):
        """To the bit."""
        history, current, options = draw(seed)
        expected = lps_weights(history, current, **options)
        names = list(current)
        np.random.default_rng(seed).shuffle(names)
        assert lps_weights({t: history[t] for t in names},
                           {t: current[t] for t in names},
                           **options) == expected

    def test_tasks_with_equal_losses_have_equal_weights(self, seed):
        """To the bit; with all of them equal the weights are 1."""
        history, current, options = draw(seed)
        history['twin'], current['twin'] = history['t0'], current['t0']
        weights = lps_weights(history, current, **options).weights
        assert weights['twin'] == weights['t0']
        for task in current:
            history[task], current[task] = history['t0'], current['t0']
        weights = lps_weights(history, current, **options).weights
        assert weights == pytest.approx(dict.fromkeys(weights, 1.), rel=1e-12)
        assert len(set(weights.values())) == 1

    def test_spread_keeps_the_mean(self, seed):
        history, current, options = draw(seed)
        before = unclamped(history, current, **dict(options, kappa=1.))
        after = unclamped(history, current, **options)
        mean = np.mean(list(before.values()))
        assert np.mean(list(after.values())) == pytest.approx(mean, rel=1e-12)
        for task, weight in after.items():
            assert weight - mean == pytest.approx(
                options['kappa'] * (before[task] - mean),
                rel=1e-9,
                abs=1e-12 * mean)

    def test_priorities_surround_one(self, seed):
        """Their mean, weighted by the past shares, is 1."""
        history, current, options = draw(seed)
        weights = unclamped(history, current, **dict(options, kappa=1.))
        project = np.log1p if options['log'] else np.asarray
        past = project(np.array([history[t] for t in current]))
        share = (past / past.sum(0)).mean(1)
        assert share @ [weights[t] for t in current] == pytest.approx(
            1, rel=1e-12)

    def test_slower_task_weighs_more(self, seed):
        """A larger loss now gives the task a larger lead over each other one
        (kappa > 0), and itself a larger weight (kappa >= 1)."""
        history, current, options = draw(seed)
        before = unclamped(history, current, **options)
        after = unclamped(history, scaled(current, t0=1.3), **options)
        for task in current:
            if task != 't0' and options['kappa'] > 0:
                assert (after['t0'] - after[task] >
                        before['t0'] - before[task])
        if options['kappa'] >= 1:
            assert after['t0'] > before['t0']

    def test_order_of_slowness_is_that_of_the_weights(self, seed):
        """With one interval of history: by the ratio of the (log) losses."""
        history, current, options = draw(seed)
        history = {t: losses[-1:] for t, losses in history.items()}
        weights = unclamped(history, current, **options)
        project = math.log1p if options['log'] else float
        ratio = {t: project(current[t]) / project(history[t][0])
                 for t in current}
        if options['kappa'] > 0:
            assert sorted(current, key=ratio.get) == sorted(
                current, key=weights.get)

    def test_floor(self, seed):
        """Weights below it are it, the others are as they were."""
        history, current, options = draw(seed)
        free = unclamped(history, current, **options)
        for floor in (0., .1, .8):
            weights = lps_weights(
                history, current, min_weight=floor, **options).weights
            assert weights == {t: max(w, floor) for t, w in free.items()}
        assert lps_weights(
            history, current, min_weight=None, **options).weights == free

    def test_common_scale_without_log(self, seed):
        """All losses in another unit: the same weights."""
        history, current, options = draw(seed)
        factors = dict.fromkeys(current, 1000.)
        options['log'] = False
        assert unclamped(
            scaled(history, **factors), scaled(current, **factors),
            **options) == pytest.approx(
                unclamped(history, current, **options), rel=1e-9, abs=1e-9)

    def test_scale_of_one_loss_without_log(self, seed):
        """One interval of history: all weights change by one factor."""
        history, current, options = draw(seed)
        history = {t: losses[-1:] for t, losses in history.items()}
        options['log'] = False
        before = unclamped(history, current, **options)
        after = unclamped(
            scaled(history, t0=1000.), scaled(current, t0=1000.), **options)
        ratios = np.array([after[t] / before[t] for t in current])
        np.testing.assert_allclose(ratios, ratios[0], rtol=1e-7)
        assert ratios[0] > 0


class TestScaleOfOneLoss:
    """Oracle: arithmetic on paper. What does not hold has an example."""

    def ratio(self, history, current, log):
        weights = unclamped(history, current, kappa=1., log=log)
        return weights['a'] / weights['b']

    def test_without_log_the_weights_change_their_ratio_does_not(self):
        history, current = dict(a=[1.], b=[3.]), dict(a=1., b=2.)
        weights = unclamped(history, current, kappa=1., log=False)
        assert weights == pytest.approx(dict(a=4 / 3, b=8 / 9))
        # three times a: shares (1/2, 1/2) -> (3/5, 2/5)
        weights = unclamped(
            scaled(history, a=3.), scaled(current, a=3.), kappa=1., log=False)
        assert weights == pytest.approx(dict(a=6 / 5, b=4 / 5))

    def test_a_longer_history_changes_the_ratio(self):
        # a: (1/3) / ((1/2 + 1/4) / 2) = 8/9; b: (2/3) / (5/8) = 16/15
        history, current = dict(a=[1., 1.], b=[1., 3.]), dict(a=1., b=2.)
        assert self.ratio(history, current, False) == pytest.approx(5 / 6)
        # three times a: (3/5) / (5/8) = 24/25; (2/5) / (3/8) = 16/15
        assert self.ratio(
            scaled(history, a=3.), scaled(current, a=3.),
            False) == pytest.approx(9 / 10)

    def test_log_is_not_free_of_scale(self):
        # log(1 + a): 4 -> 2, b stays: ratio 1/2
        history = dict(a=[math.expm1(4)], b=[1.])
        current = dict(a=math.expm1(2), b=1.)
        assert self.ratio(history, current, True) == pytest.approx(1 / 2)
        # a / (e^2 + 1): from e^2 - 1, with log 2, to tanh(1)
        c = 1 / (math.exp(2) + 1)
        assert self.ratio(
            scaled(history, a=c), scaled(current, a=c),
            True) == pytest.approx(math.log(1 + math.tanh(1)) / 2)

    def test_small_losses_need_no_log(self):
        """log(1 + L) is L for L << 1."""
        history, current = dict(a=[1., 1.], b=[1., 3.]), dict(a=1., b=2.)
        tiny = dict(a=1e-9, b=1e-9)
        assert self.ratio(
            scaled(history, **tiny), scaled(current, **tiny),
            True) == pytest.approx(5 / 6, rel=1e-6)

    def test_own_weight_need_not_grow_for_a_small_kappa(self):
        """kappa = 0 gives all tasks the mean, which the growing loss of one
        task can lower."""
        history = dict(a=[9.], b=[1.])  # shares 0.9, 0.1
        low = unclamped(history, dict(a=1., b=1.), kappa=0.)
        high = unclamped(history, dict(a=3., b=1.), kappa=0.)
        assert high['a'] < low['a']
