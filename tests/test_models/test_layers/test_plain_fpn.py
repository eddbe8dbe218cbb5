# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mtcp_mm.models.layers import PlainFPN


def nearest(x, size):
    """Rows and columns picked by index, as torch's `nearest` does."""
    rows, cols = (
        np.arange(new) * old // new for new, old in zip(size, x.shape[-2:]))
    return x[..., rows[:, None], cols]


def naive_fpn(fpn, feats):
    """The released module, as docs/paper_vs_code.md describes it."""
    p = fpn.state_dict()
    laterals = [
        torch.einsum('oc,nchw->nohw', p[f'laterals.{i}.weight'][:, :, 0, 0],
                     x) + p[f'laterals.{i}.bias'][:, None, None]
        for i, x in enumerate(feats)
    ]
    middle = laterals[1] + nearest(laterals[2], laterals[1].shape[-2:])
    finest = laterals[0] + nearest(middle, laterals[0].shape[-2:])
    return F.conv2d(finest, p['conv.weight'], p['conv.bias'], padding=1)


class TestPlainFPN:
    """Oracle: `naive_fpn` in float64."""

    @pytest.mark.parametrize('sizes', [((8, 12), (4, 6), (2, 3)),
                                       ((9, 7), (5, 4), (3, 2))])
    def test_matches_naive(self, sizes):
        torch.manual_seed(0)
        fpn = PlainFPN((4, 8, 16), 6).double()
        feats = [
            torch.randn(2, c, *size).double()
            for c, size in zip((4, 8, 16), sizes)
        ]
        torch.testing.assert_close(fpn(feats), naive_fpn(fpn, feats))

    def test_every_parameter_is_used(self):
        fpn = PlainFPN((4, 8, 16), 6)
        feats = [torch.randn(1, c, 4, 4) for c in (4, 8, 16)]
        fpn(feats).square().sum().backward()
        assert all(p.grad.any() for p in fpn.parameters())

    def test_rejects_missing_level(self):
        with pytest.raises(ValueError, match='3 levels.*got 2'):
            PlainFPN((4, 8, 16))([torch.rand(1, 4, 4, 4)] * 2)
