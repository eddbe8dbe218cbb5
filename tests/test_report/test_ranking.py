# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import numpy as np
import pytest

from mtcp_mm.report.ranking import BestAndWorst


@pytest.mark.parametrize('higher', [True, False])
@pytest.mark.parametrize('size', [0, 1, 3, 50])
def test_brute_force(higher, size):
    """Oracle: sorting everything; ties keep their order."""
    rng = np.random.RandomState(size)
    scores = rng.randint(0, 12, 40) / 4  # with ties
    scores[rng.permutation(40)[:5]] = math.nan
    ranking = BestAndWorst(size, higher)
    for i, score in enumerate(scores):
        ranking.offer(score, i)
    known = [(s, i) for i, s in enumerate(scores) if not math.isnan(s)]
    up = sorted(known, key=lambda pair: pair[0])
    down = sorted(known, key=lambda pair: -pair[0])
    best, worst = (down, up) if higher else (up, down)
    assert ranking.best == best[:size]
    assert ranking.worst == worst[:size]


def test_items_are_never_compared():
    ranking = BestAndWorst(2, True)
    for _ in range(5):
        ranking.offer(1., {})
    assert len(ranking.best) == 2
