# Copyright (c) mtcp_mm authors. All rights reserved.
import json
import math

import pytest

from mtcp_mm.models.weighting import LPSWeighting
from tests.test_models.test_weighting.task_losses import task_losses

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


class TestFloor:
    """Oracle: (1/2, 1/2) -> (1/5, 4/5) is (0.4, 1.6), spread (-0.5, 2.5)."""

    losses = [dict(a=1., b=1.), dict(a=1., b=4.)]

    def test_none_lets_a_weight_be_negative(self):
        weighting, found = trace(self.losses, min_weight=None)
        assert found[-1] == pytest.approx(dict(a=-.5, b=2.5))
        assert weighting.clamped == {}
        total = weighting(task_losses(dict(a=2., b=2.)))
        assert total.item() == pytest.approx(4.)

    def test_zero_is_a_floor(self):
        weighting, found = trace(self.losses, min_weight=0.)
        assert found[-1] == pytest.approx(dict(a=0., b=2.5))
        assert weighting.clamped == pytest.approx(dict(a=-.5))


@pytest.mark.parametrize('option', [
    dict(warmup=-1),
    dict(warmup=1.5),
    dict(min_weight=math.inf)
])
def test_rejects_options(option):
    with pytest.raises(ValueError, match=f'`{next(iter(option))}`'):
        LPSWeighting(['a'], **option)
