# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import pytest
import torch

from mtcp_mm.models.weighting import FixedWeighting, LPSWeighting

E1, E2, E3 = math.expm1(1), math.expm1(2), math.expm1(3)


def total(rule, stages=(4., 6.), log=False, main=2., weight=3.):
    """Weighted total of one task."""
    weighting = FixedWeighting(['a'], dict(a=weight), log, rule)
    return weighting(
        dict(a=torch.tensor(main)),
        dict(a=[torch.tensor(s) for s in stages])).item()


class TestIntermediateRule:
    """Oracle: sums on paper; main loss 2, weight 3, intermediate 4 and 6."""

    @pytest.mark.parametrize('rule, expected', [
        (None, 3 * (2 + 5)),
        (dict(), 3 * (2 + 5)),
        (dict(factor=.5), 3 * (2 + 5)),  # two stages: half is the mean
        (dict(factor=2.), 3 * (2 + 20)),
        (dict(factor=0.), 3 * 2),
        (dict(weighted=False), 3 * 2 + 5),
        (dict(weighted=False, factor=.25), 3 * 2 + 2.5),
    ])
    def test_factor_and_weight(self, rule, expected):
        assert total(rule) == expected

    def test_half_of_three_stages_is_not_their_mean(self):
        assert total(dict(factor=.5), (4., 6., 2.)) == 3 * (2 + 6)
        assert total(None, (4., 6., 2.)) == 3 * (2 + 4)

    @pytest.mark.parametrize('log, rule_log, expected', [
        (True, None, 1 + (2 + 3) / 2),
        (True, True, 1 + (2 + 3) / 2),
        (True, False, 1 + (E2 + E3) / 2),
        (False, True, E1 + (2 + 3) / 2),
        (False, None, E1 + (E2 + E3) / 2),
    ])
    def test_log(self, log, rule_log, expected):
        got = total(dict(log=rule_log), (E2, E3), log, main=E1, weight=1.)
        assert got == pytest.approx(expected, rel=1e-6)

    def test_release(self):
        """`total += (sum of intermediate losses) / 2`, without weight."""
        rule = dict(factor=.5, weighted=False, log=False)
        weighting = LPSWeighting(['a', 'b'], log=False, intermediate=rule)
        for b in (3., 2.):  # weights 15/9 and 5/9, see test_lps_weighting.py
            weighting.update(dict(a=1., b=b))
        got = weighting(
            dict(a=torch.tensor(9.), b=torch.tensor(18.)),
            dict(
                a=[torch.tensor(1.), torch.tensor(2.)],
                b=[torch.tensor(4.), torch.tensor(8.)]))
        assert got.item() == pytest.approx(15 + 10 + 1.5 + 6, rel=1e-6)

    @pytest.mark.parametrize('factor', [-1., math.nan, math.inf])
    def test_rejects_factor(self, factor):
        with pytest.raises(ValueError, match='`factor` of the intermediate'):
            FixedWeighting(['a'], intermediate=dict(factor=factor))
