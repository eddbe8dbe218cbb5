# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
from scipy.ndimage import label

from mtcp_mm.evaluation.edges import thin
from .. import edge_oracle


def random_mask(seed):
    rng = np.random.RandomState(seed)
    size = rng.randint(1, 24, 2)
    return rng.rand(*size) < (.3, .6, .9)[seed % 3]


class TestThin:
    """Oracle: the rules of Guo and Hall, one pixel after the other."""

    @pytest.mark.parametrize('seed', range(9))
    def test_random_maps(self, seed):
        mask = random_mask(seed)
        np.testing.assert_array_equal(thin(mask), edge_oracle.thinned(mask))

    @pytest.mark.parametrize('seed', range(9))
    def test_keeps_what_hangs_together(self, seed):
        mask = random_mask(seed)
        before = label(mask, np.ones((3, 3)))[1]
        assert label(thin(mask), np.ones((3, 3)))[1] == before

    def test_thick_bar_becomes_a_line(self):
        bar = np.zeros((9, 30), bool)
        bar[2:7] = True
        line = thin(bar)
        assert line[4].sum() >= 24 and line.sum() == line[4].sum()

    def test_leaves_its_input_alone(self):
        mask = np.ones((5, 5), bool)
        thin(mask)
        assert mask.all()
