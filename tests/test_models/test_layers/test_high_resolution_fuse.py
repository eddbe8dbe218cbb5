# Copyright (c) mtcp_mm authors. All rights reserved.
import torch

from mtcp_mm.models.layers import HighResolutionFuse


class TestHighResolutionFuse:

    def test_constant_maps(self):
        """Oracle: a constant map is the same at any size, so every pixel is
        the same product, by hand."""
        layer = HighResolutionFuse([1, 1], 2).eval()
        layer.conv.weight.data[..., 0, 0] = torch.tensor([[1., 2.],
                                                          [-1., 1.]])
        layer.conv.bias.data = torch.tensor([3., -4.])
        maps = [torch.full((1, 1, 5, 7), 2.), torch.full((1, 1, 3, 4), 5.)]
        found = layer(maps) * (1 + layer.norm.eps)**.5
        expected = torch.tensor([15., 0.]).view(1, 2, 1, 1)
        torch.testing.assert_close(found, expected.expand(1, 2, 5, 7))

    def test_every_pixel_on_its_own(self):
        """Oracle: the product with the weights, pixel by pixel."""
        layer = HighResolutionFuse([2, 1]).eval().double()
        maps = [torch.randn(2, c, 3, 4).double() for c in (2, 1)]
        found = layer(maps) * (1 + layer.norm.eps)**.5
        weight, bias = layer.conv.weight[..., 0, 0], layer.conv.bias
        for y in range(3):
            for x in range(4):
                pixel = torch.cat([m[:, :, y, x] for m in maps], 1)
                torch.testing.assert_close(
                    found[..., y, x], (pixel @ weight.T + bias).relu())

    def test_parameters(self):
        """Oracle: by hand, a 1x1 convolution with bias, and a batch norm."""
        layer = HighResolutionFuse([18, 36, 72, 144])
        assert sum(p.numel() for p in layer.parameters()) == (
            270 * 270 + 270 + 2 * 270)
