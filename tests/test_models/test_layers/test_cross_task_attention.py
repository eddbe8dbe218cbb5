# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import pytest
import torch

from mtcp_mm.models.layers import CrossTaskAttention
from tests.test_models.test_layers.test_pixel_attention import LargestTensor


def naive_correlation(layer, target, source):
    """Loops over all pixels of the target and all cells of the source; the
    1x1 convolutions are the layer's, as `source` is already extracted."""
    n, c, height, width = target.shape
    s = layer.scale
    rows, columns = math.ceil(height / s), math.ceil(width / s)
    asking = target.new_zeros(n, c, rows, columns)
    pooled = target.new_zeros(n, c, rows, columns)
    for i in range(rows):
        for j in range(columns):
            asking[:, :, i, j] = target[:, :, i * s, j * s]
            cell = source[:, :, i * s:(i + 1) * s, j * s:(j + 1) * s]
            pooled[:, :, i, j] = cell.amax((2, 3))
    query, key, value = (f(x) for f, x in (
        (layer.query, asking), (layer.key, pooled), (layer.value, pooled)))
    cells = [(i, j) for i in range(rows) for j in range(columns)]
    out = []
    for b in range(n):
        for y in range(height):
            for x in range(width):
                asked = query[b, :, y // s, x // s]
                scores = torch.stack([
                    (asked * key[b, :, i, j]).sum() / math.sqrt(c)
                    for i, j in cells])
                shares = scores.exp() / scores.exp().sum()
                out.append(sum(
                    share * value[b, :, i, j]
                    for share, (i, j) in zip(shares, cells)))
    return torch.stack(out).view(n, height, width, c).permute(0, 3, 1, 2)


def naive(layer, target, source):
    """The layer of DenseMTL, written out."""
    source = layer.extract(source)
    branches = []
    if layer.with_self:
        gate = 1 / (1 + torch.exp(-layer.self_gate(source)))
        branches.append(layer.self_value(source) * gate)
    if layer.with_cross:
        branches.append(naive_correlation(layer, target, source) *
                        layer.gate[None])
    return layer.project(torch.cat(branches, 1))


def build(**kwargs):
    torch.manual_seed(0)
    layer = CrossTaskAttention(6, **kwargs).double()
    if layer.with_cross:
        torch.nn.init.normal_(layer.gate)
    return layer


class TestCrossTaskAttention:
    """Oracle: `naive`, a double loop in float64."""

    @pytest.mark.parametrize('scale, size', [
        (1, (3, 4)), (2, (4, 6)), (4, (8, 4)), (2, (5, 3)), (4, (1, 6))])
    def test_matches_naive(self, scale, size):
        layer = build(scale=scale).eval()
        target, source = torch.randn(2, 2, 6, *size).double()
        torch.testing.assert_close(
            layer(target, source), naive(layer, target, source))

    @pytest.mark.parametrize('branches', [
        {}, dict(with_self=False), dict(with_cross=False)])
    def test_gradient_matches_naive(self, branches):
        """Of both maps and every parameter, in training."""
        layer = build(scale=2, **branches)
        maps = torch.randn(2, 2, 6, 5, 4).double().requires_grad_()
        inputs = (maps, *layer.parameters())
        weight = torch.randn(2, 6, 5, 4).double()
        found, expected = (
            torch.autograd.grad((f(*maps) * weight).sum(), inputs)
            for f in (layer, lambda *x: naive(layer, *x)))
        torch.testing.assert_close(found, expected)

    def test_closed_gate_leaves_self_attention(self):
        """At the start the target has no influence. Oracle: the same layer
        without the branch, with the weights of the rest."""
        layer = CrossTaskAttention(6).double().eval()
        alone = CrossTaskAttention(6, with_cross=False).double().eval()
        state = layer.state_dict()
        state['project.conv.weight'] = state['project.conv.weight'][:, :3]
        alone.load_state_dict({k: state[k] for k in alone.state_dict()})
        target, source = torch.randn(2, 1, 6, 8, 8).double()
        torch.testing.assert_close(
            layer(target, source), alone(target, source))

    def test_holds_no_attention(self):
        layer = CrossTaskAttention(8, scale=2)
        maps = torch.randn(2, 1, 8, 64, 64, requires_grad=True)
        with LargestTensor() as largest:
            layer(*maps).sum().backward()
        assert largest.numel <= maps.numel()  # far below 1024 * 1024

    def test_images_of_a_batch_do_not_mix(self):
        layer = build().eval()
        target, source = torch.randn(2, 3, 6, 8, 9).double()
        batch = layer(target, source)
        for i in range(3):
            rows = slice(i, i + 1)
            torch.testing.assert_close(
                layer(target[rows], source[rows]), batch[rows])

    def test_mistakes(self):
        with pytest.raises(ValueError, match='`scale`.*0'):
            CrossTaskAttention(8, scale=0)
        with pytest.raises(ValueError, match='no branch'):
            CrossTaskAttention(8, with_self=False, with_cross=False)
        with pytest.raises(ValueError, match=r'target is .*5, 7.*5, 8'):
            CrossTaskAttention(8)(torch.rand(1, 8, 5, 7),
                                  torch.rand(1, 8, 5, 8))
