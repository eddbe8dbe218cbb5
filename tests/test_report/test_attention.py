# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import pytest
import torch

from mtcp_mm.models.layers import CoherenceFusionModule
from mtcp_mm.report.attention import attention_statistics, fusion_statistics

H, W = 3, 4


def one_hot(pixels):
    """(1, HW, H, W): pixel i has the feature number ``pixels[i]``."""
    return 30 * torch.eye(H * W)[pixels].T.reshape(1, H * W, H, W)


@pytest.fixture
def value():
    torch.manual_seed(0)
    return torch.randn(1, 5, H, W)


class TestAttentionStatistics:
    """Oracle: attentions that are known beforehand."""

    def test_of_a_uniform_one(self, value):
        found = attention_statistics(torch.zeros_like(value), value, value)
        assert found == pytest.approx(
            dict(keys=12, used=12, distance=1, moved=1), abs=1e-4)

    def test_of_every_pixel_at_itself(self, value):
        here = one_hot(torch.arange(H * W))
        found = attention_statistics(here, here, value)
        assert found == pytest.approx(
            dict(keys=1, used=12, distance=0, moved=0), abs=1e-4)

    def test_of_all_at_the_first_pixel(self, value):
        found = attention_statistics(
            one_hot(torch.zeros(H * W, dtype=int)),
            one_hot(torch.arange(H * W)), value)
        places = [(y, x) for y in range(H) for x in range(W)]
        mean = sum(math.dist(a, b) for a in places for b in places) / 144
        first = sum(math.dist((0, 0), b) for b in places) / 12
        assert found == pytest.approx(
            dict(keys=1, used=1, distance=first / mean, moved=1), abs=1e-4)

    def test_of_two_pixels_of_the_same_kind(self, value):
        """Each looks at itself and at the pixel after it, r^2 by hand."""
        pairs = one_hot(torch.arange(H * W) // 2)
        found = attention_statistics(pairs, pairs, value)
        flat = value.flatten(2)[0]
        mixed = flat.reshape(5, 6, 2).mean(-1).repeat_interleave(2, 1)
        a, b = (x - x.mean(1, keepdim=True) for x in (flat, mixed))
        kept = (a * b).sum()**2 / ((a**2).sum() * (b**2).sum())
        assert found['keys'] == pytest.approx(2, abs=1e-4)
        assert found['moved'] == pytest.approx(1 - kept.item(), abs=1e-4)

    def test_scale_is_that_of_the_scores(self, value):
        a = attention_statistics(value, value, value, scale=.25)
        b = attention_statistics(value / 2, value / 2, value)
        assert a == pytest.approx(b, rel=1e-5)


class TestFusionStatistics:

    def test_of_a_fusion_with_a_soft_attention(self):
        """Oracle: without affinities every attention is uniform."""
        torch.manual_seed(0)
        model = torch.nn.ModuleDict(
            dict(a=CoherenceFusionModule(8, 1, scale=0.)))
        x = torch.randn(2, 8, H, W)
        found = fusion_statistics(model, lambda: model['a'](x, [x]))
        assert found['a']['keys'] == pytest.approx(12, abs=1e-3)
        assert not any(m._forward_hooks for m in model.modules())

    def test_without_a_fusion(self):
        with pytest.raises(ValueError, match='no CoherenceFusionModule'):
            fusion_statistics(torch.nn.ReLU(), print)
