# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch

from mtcp_mm.models.weighting import AlignedMTLWeighting
from mtcp_mm.models.weighting.aligned_mtl_weighting import aligned_weights

F64 = torch.float64


def direction(rows):
    rows = torch.tensor(rows, dtype=F64)
    return aligned_weights(rows @ rows.T) @ rows


class TestAlignedWeights:
    """Oracles: numbers computed by hand and with TorchJD 0.18 (its mean of
    two gradients, times two), and the property that gives the method its
    name."""

    @pytest.mark.parametrize('rows, expected', [
        ([(4., 0.), (-3., 4.)], (1.6222, 3.5688)),
        ([(3., 0.), (0., 4.)], (3., 3.)),  # both get the shorter length
        ([(2., 0.), (2., 0.)], (4., 0.)),  # rank 1: nothing to align
        ([(1., 0.), (0., 0.)], (1., 0.)),
    ])
    def test_by_hand(self, rows, expected):
        found = direction(rows)
        torch.testing.assert_close(
            found, torch.tensor(expected, dtype=F64), atol=1e-4, rtol=0)

    def test_vanishing_gradients(self):
        assert aligned_weights(torch.zeros(2, 2, dtype=F64)).tolist() == [0, 0]

    @pytest.mark.parametrize('count', [2, 3, 5])
    def test_every_task_gains_the_same(self, count):
        """Aligned gradients are s_min U V^T for J = U S V^T: orthogonal, and
        as long as the weakest direction."""
        rows = torch.randn(count, 20, dtype=F64)
        u, s, vh = torch.linalg.svd(rows, full_matrices=False)
        expected = s[-1] * (u @ vh).sum(0)
        torch.testing.assert_close(aligned_weights(rows @ rows.T) @ rows,
                                   expected)

    def test_class_passes_its_tolerance(self):
        gram = torch.diag(torch.tensor([1., 1e-4], dtype=F64))
        strict = AlignedMTLWeighting(['a', 'b'])
        loose = AlignedMTLWeighting(['a', 'b'], rank_tolerance=1e-3)
        torch.testing.assert_close(
            strict.weights_of(gram), torch.tensor([.01, 1.], dtype=F64))
        torch.testing.assert_close(
            loose.weights_of(gram), torch.tensor([1., 0.], dtype=F64))
