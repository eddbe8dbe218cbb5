# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
import torch.nn.functional as F

from mtcp_mm.models.layers import GlobalContext
from mtcp_mm.models.layers.global_context import linear_attention
from tests.test_models.test_layers.test_pixel_attention import LargestTensor


def naive_linear(query, key, value):
    """The explicit (HW, HW) weights, each row divided by its sum."""
    q, k, v = (x.flatten(2) for x in (query, key, value))
    weights = torch.einsum('nci,ncj->nij', q, k)
    weights = weights / weights.sum(-1, keepdim=True)
    out = torch.einsum('nij,ncj->nci', weights, v)
    return out.unflatten(2, query.shape[-2:])


def naive_global(layer, target, source):
    return naive_linear(
        torch.log1p(layer.query(target).exp()),
        torch.log1p(layer.key(source).exp()), layer.value(source))


def build(**kwargs):
    torch.manual_seed(0)
    return GlobalContext(6, 4, **kwargs).double().eval()


class TestGlobalContext:
    """Oracle: `naive_linear`, float64."""

    @pytest.mark.parametrize('sizes', [((4, 5), (4, 5)), ((1, 3), (3, 2))])
    def test_matches_naive(self, sizes):
        layer = build()
        target, source = (torch.randn(2, 6, *s).double() for s in sizes)
        found = layer(target, source)
        assert found.shape == (2, 4, *sizes[0])
        torch.testing.assert_close(found, naive_global(layer, target, source))

    def test_gradient(self):
        """Oracle: finite differences."""
        torch.manual_seed(0)
        maps = [torch.rand(1, 2, 2, 3).double().requires_grad_()
                for _ in range(3)]
        assert torch.autograd.gradcheck(linear_attention, maps)

    def test_equal_values_stay(self):
        """Weights of a row sum to 1."""
        query, key = F.softplus(torch.randn(2, 1, 5, 6, 7))
        value = torch.tensor([1., -2.]).view(1, 2, 1, 1).expand(1, 2, 6, 7)
        torch.testing.assert_close(
            linear_attention(query, key, value), value)

    def test_forms_no_matrix(self):
        maps = torch.rand(3, 1, 4, 40, 50, requires_grad=True)
        with LargestTensor() as largest:
            linear_attention(*maps).sum().backward()
        assert largest.numel <= maps.numel()  # far below 2000 * 2000

    def test_half_precision_holds_many_pixels(self):
        """Oracle: fp32. The plain sums, 90000, are above what fp16 holds."""
        query, key = F.softplus(torch.randn(2, 1, 4, 300, 300)) + 1
        value = torch.randn(1, 4, 300, 300) + 3
        exact = linear_attention(query, key, value)
        found = linear_attention(query.half(), key.half(), value.half())
        assert key.sum((2, 3)).min() > torch.finfo(torch.half).max
        torch.testing.assert_close(found.float(), exact, rtol=.01, atol=0)
