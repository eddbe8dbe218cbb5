# Copyright (c) mtcp_mm authors. All rights reserved.
import json
import math

import numpy as np
import pytest
import torch

from mtcp_mm.models.weighting import LPSWeighting
from mtcp_mm.models.weighting.functional import inverse_shares

# Without log: shares (1/4, 3/4) -> (1/3, 2/3) give 10/9 +- 5/9, see
# test_lps_weighting.py.
LOSSES = [dict(a=1., b=3.), dict(a=1., b=2.)]
AFTER_TWO = dict(a=15 / 9, b=5 / 9)
ONES = dict(a=1., b=1.)


def trace(losses, **options):
    """Weights of the intervals 1, 2, ... (interval 0 has 1)."""
    weighting = LPSWeighting(['a', 'b'], log=False, **options)
    return weighting, [weighting.update(step) for step in losses]


class TestWarmup:
    """Oracle: weights by hand; interval i is the i-th, from 0."""

    @pytest.mark.parametrize('warmup', [0, 1, 2])
    def test_up_to_two_changes_nothing(self, warmup):
        assert trace(LOSSES, warmup=warmup)[1] == [
            ONES, pytest.approx(AFTER_TWO)
        ]

    def test_all_one_before(self):
        # (1/3, 2/3) -> (1/2, 1/2): w = (3/2, 3/4), mean 9/8, kappa 1
        losses = [*LOSSES, dict(a=1., b=1.), dict(a=1., b=1.)]
        weighting, found = trace(losses, warmup=3, kappa=1)
        assert found[:2] == [ONES, ONES]
        # the third update sees the history of the intervals before it
        assert found[2] == pytest.approx(dict(a=3 / 2, b=3 / 4))
        assert found[3] == pytest.approx(ONES)

    def test_shares_are_kept_and_nothing_is_clamped(self):
        losses = [dict(a=1., b=1.), dict(a=1., b=4.)]  # a: -0.5 unclamped
        weighting, found = trace(losses, warmup=5)
        assert weighting.shares == dict(a=.2, b=.8)
        assert found[-1] == ONES and weighting.clamped == {}
        assert trace(losses)[0].clamped == pytest.approx(dict(a=-.5))

    @pytest.mark.parametrize('stop', range(5))
    def test_resumes_within(self, stop):
        """Oracle: the run that was not interrupted."""
        losses = [dict(a=1., b=b) for b in (5., 3., 2., 1.5, 1.2)]
        whole, _ = trace(losses, warmup=4)
        first, _ = trace(losses[:stop], warmup=4)
        second = LPSWeighting(['a', 'b'], log=False, warmup=4)
        second.load_state(json.loads(json.dumps(first.get_state())))
        for step in losses[stop:]:
            second.update(step)
        assert second.get_state() == whole.get_state()
        assert whole.weights != ONES

    def test_state_without_a_count_is_past_the_warmup(self):
        """A checkpoint from before the option existed goes on weighing."""
        state = trace(LOSSES[:1])[0].get_state()
        state.pop('updates')
        weighting = LPSWeighting(['a', 'b'], log=False, warmup=9)
        weighting.load_state(state)
        assert weighting.update(LOSSES[1]) == pytest.approx(AFTER_TWO)


class TestApply:
    """Oracle: sums on paper. Losses 9 and 18, as in test_lps_weighting.py."""

    def test_weights_are_kept_but_do_not_act(self):
        weighting, found = trace(LOSSES, apply=False)
        assert found[-1] == pytest.approx(AFTER_TWO)
        assert weighting.weights == found[-1]
        assert weighting.acting_weights == ONES
        theta = torch.ones(2, requires_grad=True)
        total = weighting(dict(a=9 * theta[0], b=18 * theta[1]))
        total.backward()
        assert total.item() == 27.
        assert theta.grad.tolist() == [9., 18.]

    def test_default_acts(self):
        weighting, _ = trace(LOSSES)
        assert weighting.acting_weights == weighting.weights


class TestFloor:
    """Oracle: (1/2, 1/2) -> (1/5, 4/5) is (0.4, 1.6), spread (-0.5, 2.5)."""

    losses = [dict(a=1., b=1.), dict(a=1., b=4.)]

    def test_none_lets_a_weight_be_negative(self):
        weighting, found = trace(self.losses, min_weight=None)
        assert found[-1] == pytest.approx(dict(a=-.5, b=2.5))
        assert weighting.clamped == {}
        total = weighting(dict(a=torch.tensor(2.), b=torch.tensor(2.)))
        assert total.item() == pytest.approx(4.)

    def test_zero_is_a_floor(self):
        weighting, found = trace(self.losses, min_weight=0.)
        assert found[-1] == pytest.approx(dict(a=0., b=2.5))
        assert weighting.clamped == pytest.approx(dict(a=-.5))


class TestFirstWeights:
    """Oracle: by hand."""

    def test_inverse_shares(self):
        assert inverse_shares(dict(a=.25, b=.75, c=0.)) == pytest.approx(
            dict(a=4., b=4 / 3, c=1.))

    def test_second_interval_only(self):
        _, found = trace(LOSSES, first_weights='inverse_share')
        # 4 / 1 and 4 / 3, not spread
        assert found[0] == pytest.approx(dict(a=4., b=4 / 3))
        assert found[1] == pytest.approx(AFTER_TWO)

    def test_not_without_prioritisation_or_in_the_warmup(self):
        for options in (dict(prioritise=False), dict(warmup=2)):
            _, found = trace(
                LOSSES, first_weights='inverse_share', **options)
            assert found[0] == ONES


def released_weights(losses, factor):
    """The released epoch loop in NumPy, as docs/paper_vs_code.md states it:
    epoch 0 total / loss; then loss ratios over the ratio of the totals,
    spread around their mean, no floor. Losses (epochs, tasks)."""
    found = []
    for epoch, row in enumerate(losses):
        if epoch == 0:
            found.append(row.sum() / row)
            continue
        before = losses[epoch - 1]
        w = (row / before) / (row.sum() / before.sum())
        found.append(w.mean() + factor * (w - w.mean()))
    return np.stack(found)


@pytest.mark.parametrize('seed', range(5))
def test_release_preset(seed):
    """Oracle: `released_weights`; the options are those of
    configs/mtcp_nyud_released.py."""
    rng = np.random.default_rng(seed)
    losses = rng.lognormal(0, 1, (6, 3))
    weighting = LPSWeighting(['a', 'b', 'c'],
                             apply=False,
                             log=False,
                             history=1,
                             first_weights='inverse_share',
                             kappa=7.5,
                             min_weight=None)
    expected = released_weights(losses, 7.5)
    assert (expected < 0).any()
    for row, weights in zip(losses, expected):
        got = weighting.update(dict(zip('abc', row.tolist())))
        np.testing.assert_allclose([got[t] for t in 'abc'], weights, 1e-11)


@pytest.mark.parametrize('option', [
    dict(warmup=-1),
    dict(warmup=1.5),
    dict(first_weights='half'),
    dict(min_weight=math.inf)
])
def test_rejects_options(option):
    with pytest.raises(ValueError, match=f'`{next(iter(option))}`'):
        LPSWeighting(['a'], **option)
