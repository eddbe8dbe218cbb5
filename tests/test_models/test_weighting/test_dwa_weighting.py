# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import pytest

from mtcp_mm.models.weighting import DWAWeighting


class TestDWAWeighting:
    """Oracle: the formula of the paper, by hand and with TorchJD 0.18."""

    def test_first_two_intervals_have_weight_1(self):
        weighting = DWAWeighting(['a', 'b'])
        assert weighting.weights == dict(a=1., b=1.)
        assert weighting.update(dict(a=2., b=5.)) == dict(a=1., b=1.)

    def test_by_hand(self):
        """r = (.5, 1), T = 2."""
        weighting = DWAWeighting(['a', 'b'])
        weighting.update(dict(a=4., b=8.))
        found = weighting.update(dict(a=2., b=8.))
        assert found == pytest.approx(dict(a=.8756, b=1.1244), abs=1e-4)

    @pytest.mark.parametrize('temperature', [.01, 1., 2., 50.])
    def test_formula(self, temperature):
        means = [dict(a=3., b=.2, c=7.), dict(a=2., b=.3, c=7.5),
                 dict(a=2.5, b=.1, c=1.)]
        weighting = DWAWeighting('abc', temperature)
        for before, now in zip([None, *means], means):
            found = weighting.update(now)
            if before is None:
                continue
            rates = [now[t] / before[t] / temperature for t in 'abc']
            top = max(rates)
            total = sum(math.exp(r - top) for r in rates)
            for task, rate in zip('abc', rates):
                assert found[task] == pytest.approx(
                    3 * math.exp(rate - top) / total, rel=1e-12)

    def test_absent_task_keeps_weight_and_history(self):
        weighting = DWAWeighting(['a', 'b'])
        weighting.update(dict(a=4., b=8.))
        weighting.update(dict(a=2., b=8.))
        kept = weighting.weights['b']
        assert weighting.update(dict(a=2.)) == dict(a=1., b=kept)
        # b: 4 now, 8 the last time it was there
        found = weighting.update(dict(a=2., b=4.))
        low, high = math.exp(.25), math.exp(.5)
        assert found['b'] == pytest.approx(2 * low / (low + high))

    def test_loss_of_0_has_no_rate(self):
        weighting = DWAWeighting(['a', 'b'])
        weighting.update(dict(a=0., b=1.))
        assert weighting.update(dict(a=1., b=1.)) == dict(a=1., b=1.)

    def test_state_continues(self):
        first, second = DWAWeighting(['a', 'b']), DWAWeighting(['a', 'b'])
        first.update(dict(a=4., b=8.))
        first.update(dict(a=2., b=8.))
        second.load_state(first.get_state())
        means = dict(a=1., b=3.)
        assert first.update(means) == second.update(means)

    @pytest.mark.parametrize('value', [0., -1., math.inf])
    def test_rejects_temperature(self, value):
        with pytest.raises(ValueError, match='`temperature` must be > 0'):
            DWAWeighting(['a'], value)
