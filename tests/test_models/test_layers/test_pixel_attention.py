# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from mtcp_mm.models.layers import pixel_attention


def naive_attention(query, key, value):
    """The explicit (HW, HW) softmax in float64."""
    q, k, v = (x.double().flatten(2) for x in (query, key, value))
    affinity = torch.einsum('nci,ncj->nij', q, k).softmax(dim=-1)
    return torch.einsum('nij,ncj->nci', affinity, v).view(value.shape)


class LargestTensor(TorchDispatchMode):
    """Number of elements of the largest tensor that any operation gives."""

    def __init__(self):
        super().__init__()
        self.numel = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for x in out if isinstance(out, (tuple, list)) else (out, ):
            if isinstance(x, torch.Tensor):
                self.numel = max(self.numel, x.numel())
        return out


class TestPixelAttention:
    """Oracle: `naive_attention`."""

    @pytest.mark.parametrize('size', [(5, 7), (8, 8), (1, 3)])
    # of the values; queries and keys can be wider
    @pytest.mark.parametrize('channels, width', [(8, 8), (5, 5), (5, 10)])
    def test_matches_naive(self, size, channels, width):
        torch.manual_seed(0)
        q, k = torch.randn(2, 2, width, *size, requires_grad=True)
        v = torch.randn(2, channels, *size, requires_grad=True)
        expected = naive_attention(q, k, v)
        got = pixel_attention(q, k, v)
        torch.testing.assert_close(
            got.double(), expected, rtol=1e-4, atol=1e-5)
        weight = torch.randn_like(got)
        grads = torch.autograd.grad((got * weight).sum(), (q, k, v))
        oracle = torch.autograd.grad((expected * weight).sum(), (q, k, v))
        for a, b in zip(grads, oracle):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)

    def test_holds_no_affinity_matrix(self):
        q = torch.randn(1, 8, 40, 50, requires_grad=True)
        with LargestTensor() as largest:
            pixel_attention(q, q, q).sum().backward()
        assert largest.numel <= 2000 * 2000 / 8
        with LargestTensor() as largest:  # the probe does see such a matrix
            naive_attention(q, q, q)
        assert largest.numel == 2000 * 2000
