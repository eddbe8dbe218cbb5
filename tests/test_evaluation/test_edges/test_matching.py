# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mtcp_mm.evaluation.edges import EdgeMatcher
from mtcp_mm.evaluation.edges.matching import maximum_pairs
from .. import edge_oracle


def count(pred, target, max_dist):
    everywhere = np.ones(target.shape, bool)
    return EdgeMatcher(target, everywhere, max_dist).count(pred)


def rows(*numbers, size=(40, 30)):
    mask = np.zeros(size, bool)
    mask[list(numbers), 5:25] = True
    return mask


def random_maps(seed, density=.15, size=(13, 11)):
    rng = np.random.RandomState(seed)
    return rng.rand(2, *size) < density


class TestByHand:
    """Maps of 40x30, diagonal 50: a tolerance of 0.06 is 3 pixels. A line
    has 20 pixels."""

    @pytest.mark.parametrize('shift, pairs', [(0, 20), (2, 20), (3, 20),
                                              (4, 0)])
    def test_shifted_line(self, shift, pairs):
        assert count(rows(10 + shift), rows(10), .06) == pairs

    def test_nobody_has_two_partners(self):
        """Dilation would count 40."""
        assert count(rows(9, 11), rows(10), .06) == 20
        assert count(rows(10), rows(9, 11), .06) == 20

    def test_first_come_first_served_is_not_enough(self):
        """The middle one could take the only partner of the other."""
        pred, target = np.zeros((2, 1, 9), bool)
        pred[0, [1, 3]] = target[0, [2, 4]] = True
        assert count(pred, target, 1 / np.hypot(1, 9)) == 2

    def test_distance_is_euclidean(self):
        pred, target = np.zeros((2, 40, 30), bool)
        pred[3, 4] = target[0, 0] = True  # 5 pixels
        assert count(pred, target, .1) == 1
        assert count(pred, target, .0999) == 0

    def test_nothing_there(self):
        nothing = np.zeros((40, 30), bool)
        assert count(nothing, rows(10), .06) == 0
        assert count(rows(10), nothing, .06) == 0

    def test_nothing_beyond_the_border(self):
        """A flat index would find the end of the row above."""
        pred, target = np.zeros((2, 5, 8), bool)
        pred[2, 0] = target[1, 7] = True
        assert count(pred, target, .11) == 0


class TestOptimum:
    """Oracle: Hungarian method on dense matrices, with the costs and the
    outliers of the BSDS benchmark."""

    @pytest.mark.parametrize('seed', range(30))
    def test_as_many_as_the_cheapest_assignment(self, seed):
        pred, target = random_maps(seed, density=(.05, .15, .4)[seed % 3])
        max_dist = (.06, .09, .13, .25)[seed % 4]
        assert count(pred, target, max_dist) == edge_oracle.cheapest_pairs(
            pred, target, max_dist)

    @pytest.mark.parametrize('length, missed', [(90, 0), (150, 1)])
    def test_differs_where_a_pair_is_too_dear(self, length, missed):
        """Two lines whose ends differ: all could move up by one pixel.

        That costs as many pixels as the line is long, and saves one outlier
        of 100 tolerances (here 1 pixel)."""
        pred, target = np.zeros((2, 1, length + 2), bool)
        pred[0, :length] = target[0, 1:length + 1] = True
        max_dist = 1 / np.hypot(*pred.shape)
        assert count(pred, target, max_dist) == length
        assert edge_oracle.most_pairs(pred, target, max_dist) == length
        assert edge_oracle.cheapest_pairs(pred, target,
                                          max_dist) == length - missed

    @pytest.mark.parametrize('seed', range(5))
    def test_order_of_the_pixels_does_not_matter(self, seed):
        rng = np.random.RandomState(seed)
        graph = rng.rand(30, 24) < .08
        pairs = {
            maximum_pairs(csr_matrix(g.astype(np.int8)))
            for g in (graph, graph.T, graph[rng.permutation(30)]
                      [:, rng.permutation(24)])
        }
        i, j = edge_oracle.linear_sum_assignment(graph, maximize=True)
        assert pairs == {graph[i, j].sum()}


class TestInvariances:

    @pytest.mark.parametrize('seed', range(4))
    def test_mirrors_and_roles(self, seed):
        pred, target = random_maps(seed)
        pairs = count(pred, target, .1)
        assert pairs > 0
        for move in (np.flipud, np.fliplr, np.transpose):
            assert count(move(pred), move(target), .1) == pairs
        assert count(target, pred, .1) == pairs

    def test_more_pixels_or_tolerance_never_hurt(self):
        pred, target = random_maps(0, .3)
        pairs = [count(pred, target, d) for d in (.01, .06, .1, .2, .5)]
        assert pairs == sorted(pairs)
        y, x = np.nonzero(pred)
        growing = np.zeros_like(pred)
        steps = [0]
        for v, u in zip(y, x):
            growing[v, u] = True
            steps.append(count(growing, target, .1))
        assert set(np.diff(steps)) == {0, 1}

    def test_candidates_do_not_matter(self):
        pred, target = random_maps(1)
        matcher = EdgeMatcher(target, pred, .1)
        assert matcher.count(pred) == count(pred, target, .1)
