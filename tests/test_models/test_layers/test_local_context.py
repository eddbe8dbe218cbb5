# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import pytest
import torch

from mtcp_mm.models.layers import LocalContext
from mtcp_mm.models.layers.local_context import window_attention
from tests.test_models.test_layers.test_pixel_attention import LargestTensor


def naive_window(query, key, value, size):
    """Loops over pixels and places; outside there are zeros."""
    n, c, height, width = query.shape
    r, out = size // 2, torch.zeros_like(value)
    for b in range(n):
        for y in range(height):
            for x in range(width):
                scores, values = [], []
                for i in range(y - r, y + r + 1):
                    for j in range(x - r, x + r + 1):
                        inside = 0 <= i < height and 0 <= j < width
                        k, v = (m[b, :, i, j] if inside else 0 * m[b, :, 0, 0]
                                for m in (key, value))
                        scores.append((query[b, :, y, x] * k).sum())
                        values.append(v)
                shares = (torch.stack(scores) / math.sqrt(c)).exp()
                shares = shares / shares.sum()
                out[b, :, y, x] = (shares[:, None] * torch.stack(values)).sum(
                    0)
    return out


def naive_local(layer, target, source):
    return naive_window(
        layer.query(target), layer.key(source), layer.value(source),
        layer.size)


def build(**kwargs):
    torch.manual_seed(0)
    return LocalContext(6, 4, **kwargs).double().eval()


class TestLocalContext:
    """Oracle: `naive_window`, float64."""

    @pytest.mark.parametrize('size, shape', [
        (9, (3, 2)), (3, (3, 5)), (1, (2, 3)), (5, (1, 6))])
    def test_matches_naive(self, size, shape):
        layer = build(size=size)
        target, source = torch.randn(2, 2, 6, *shape).double()
        torch.testing.assert_close(
            layer(target, source), naive_local(layer, target, source))

    def test_gradient(self):
        """Oracle: finite differences."""
        torch.manual_seed(0)
        maps = [torch.randn(1, 2, 3, 2).double().requires_grad_()
                for _ in range(3)]
        assert torch.autograd.gradcheck(
            lambda *x: window_attention(*x, 3), maps)

    def test_places_outside_take_their_share(self):
        """By hand: in a corner of ones, 5 of the 9 places are outside, of
        score 0 as all others where the query is 0."""
        ones = torch.ones(1, 1, 4, 4)
        found = window_attention(0 * ones, ones, ones, 3)[0, 0]
        assert found[0, 0].item() == pytest.approx(4 / 9)
        assert found[0, 1].item() == pytest.approx(6 / 9)
        assert found[1, 1].item() == pytest.approx(1)

    def test_copies_no_windows(self):
        maps = torch.randn(3, 1, 8, 20, 30, requires_grad=True)
        with LargestTensor() as largest:
            window_attention(*maps, 9).sum().backward()
        # all weights, or a row of the windows; F.unfold has 8 * 81 * 600
        assert largest.numel <= 81 * 20 * 30

    def test_mistakes(self):
        for size in (4, 0, 2.5):
            with pytest.raises(ValueError, match=f'`size`.*odd.*{size}'):
                LocalContext(8, 4, size=size)
        with pytest.raises(ValueError, match=r'target \(4, 4\).*source \(2'):
            build()(torch.rand(1, 6, 4, 4).double(),
                    torch.rand(1, 6, 2, 2).double())
