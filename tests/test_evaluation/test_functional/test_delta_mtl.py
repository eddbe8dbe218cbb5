# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import pytest

from mtcp_mm.evaluation.functional.delta_mtl import delta_mtl

BETTER = {'s/mIoU': True, 'd/rmse': False, 'n/mean': False}


class TestDeltaMTL:
    """Oracle: published numbers and values by hand."""

    def test_paper_row(self):
        """MT-CP, Tab. 1: STL 53.20 | .4923 | 19.22, MT-CP 56.25 | .4316 |
        18.60; changes 5.7331 %, 12.3299 % and 3.2258 %."""
        delta = delta_mtl({
            's/mIoU': 56.25,
            'd/rmse': .4316,
            'n/mean': 18.60
        }, {
            's/mIoU': 53.20,
            'd/rmse': .4923,
            'n/mean': 19.22
        }, BETTER)
        assert delta == pytest.approx((5.7331 + 12.3299 + 3.2258) / 3,
                                      abs=1e-4)

    def test_direction(self):
        reference = {'s/mIoU': 50., 'd/rmse': .5}
        assert delta_mtl({'s/mIoU': 45.}, reference, BETTER) == -10
        assert delta_mtl({'d/rmse': .45}, reference,
                         BETTER) == pytest.approx(10)

    def test_same_is_zero(self):
        scores = {'s/mIoU': 50., 'd/rmse': .5}
        assert delta_mtl(scores, scores, BETTER) == 0

    def test_negative_reference(self):
        """From -2 to -1 is better where higher is better."""
        assert delta_mtl({'x': -1.}, {'x': -2.}, {'x': True}) == 50

    def test_nan_shows(self):
        assert math.isnan(
            delta_mtl({'s/mIoU': math.nan}, {'s/mIoU': 1.}, BETTER))

    @pytest.mark.parametrize('scores, references, match', [
        ({}, {}, 'at least one'),
        ({'s/mIoU': 1.}, {'d/rmse': 1.}, "`references` lacks 's/mIoU'.*rmse"),
        ({'q': 1.}, {'q': 1.}, "`higher_is_better` lacks 'q'"),
        ({'d/rmse': 1.}, {'d/rmse': 0.}, "'d/rmse' is 0.0"),
    ])
    def test_errors(self, scores, references, match):
        with pytest.raises(ValueError, match=match):
            delta_mtl(scores, references, BETTER)
