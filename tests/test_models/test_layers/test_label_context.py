# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import pytest
import torch

from mtcp_mm.models.layers import LabelContext
from mtcp_mm.models.layers.label_context import region_vectors


def naive_label(layer, target, source, logits):
    """Loops over images, classes and pixels."""
    out = []
    for t, s, x in zip(target, source, logits):
        regions = []
        for one in x:  # a class
            shares = one.exp() / one.exp().sum()
            regions.append((shares * s).sum((1, 2)))
        regions = torch.stack(regions, 1)[None, :, :, None]
        key, value = (f(regions)[0, :, :, 0]
                      for f in (layer.key, layer.value))
        query = layer.query(t[None])[0]
        found = torch.zeros(len(value), *query.shape[1:]).double()
        for i in range(query.shape[1]):
            for j in range(query.shape[2]):
                scores = (query[:, i, j] @ key / math.sqrt(len(key))).exp()
                found[:, i, j] = value @ (scores / scores.sum())
        out.append(found)
    return torch.stack(out)


def build(**kwargs):
    torch.manual_seed(0)
    return LabelContext(6, 4, **kwargs).double().eval()


class TestRegionVectors:

    def test_sure_logits_give_class_averages(self):
        """Oracle: the mean of the features of each class, by its mask."""
        torch.manual_seed(0)
        feats = torch.randn(2, 5, 4, 6)
        label = torch.arange(24).view(1, 4, 6).expand(2, 4, 6) % 3
        logits = 1e4 * torch.nn.functional.one_hot(label, 3).permute(
            0, 3, 1, 2).float()
        found = region_vectors(feats, logits)
        for k in range(3):
            expected = feats[:, :, label[0] == k].mean(-1)
            torch.testing.assert_close(found[:, :, k], expected)

    def test_gradient(self):
        """Oracle: finite differences."""
        torch.manual_seed(0)
        feats, logits = (torch.randn(1, c, 2, 3).double().requires_grad_()
                         for c in (2, 3))
        assert torch.autograd.gradcheck(region_vectors, (feats, logits))


class TestLabelContext:
    """Oracle: `naive_label`, float64."""

    @pytest.mark.parametrize('classes', [1, 5])
    def test_matches_naive(self, classes):
        layer = build()
        target, source = torch.randn(2, 2, 6, 4, 3).double()
        logits = torch.randn(2, classes, 4, 3).double()
        torch.testing.assert_close(
            layer(target, source, logits),
            naive_label(layer, target, source, logits))

    def test_leaves_logits_alone(self):
        """They are trained, too. Oracle: a copy."""
        logits = torch.randn(1, 5, 4, 3).double()
        before = logits.clone()
        maps = torch.randn(2, 1, 6, 4, 3).double()
        build()(*maps, logits)
        assert torch.equal(logits, before)

    def test_mistakes(self):
        maps = torch.rand(2, 1, 6, 4, 4).double()
        with pytest.raises(ValueError, match=r'source \(4, 4\).*logits \(2,'):
            build()(*maps, torch.rand(1, 3, 2, 2).double())
