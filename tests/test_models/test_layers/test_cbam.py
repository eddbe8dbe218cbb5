# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import torch
from scipy.signal import correlate2d

from mtcp_mm.models.layers import CBAM


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def naive_cbam(module, x, conv='spatial_conv', norm=None):
    """CBAM of one image (C, H, W), written out in NumPy float64; `conv` is
    the name of the spatial convolution, `norm` what comes behind it."""
    p = {k: v.double().numpy() for k, v in module.state_dict().items()}

    def mlp(v):
        hidden = p['channel_mlp.0.weight'] @ v + p['channel_mlp.0.bias']
        return (p['channel_mlp.2.weight'] @ np.maximum(hidden, 0) +
                p['channel_mlp.2.bias'])

    gate = mlp(x.mean((1, 2))) + mlp(x.max((1, 2)))
    x = x * sigmoid(gate)[:, None, None]
    pooled = np.stack([x.mean(0), x.max(0)])
    kernel = p[f'{conv}.weight'][0]
    pad = kernel.shape[-1] // 2
    padded = np.pad(pooled, ((0, 0), (pad, pad), (pad, pad)))
    place = sum(
        correlate2d(padded[i], kernel[i], mode='valid') for i in range(2))
    if norm is None:
        return x * sigmoid(place + p[f'{conv}.bias'][0])
    return x * sigmoid(norm(place))


class TestCBAM:
    """Oracle: `naive_cbam`, NumPy and SciPy in float64."""

    def test_matches_naive(self):
        torch.manual_seed(0)
        module = CBAM(12, reduction=2)
        x = torch.randn(2, 12, 5, 8)
        out = module(x)
        for i in range(2):
            expected = naive_cbam(module, x[i].double().numpy())
            np.testing.assert_allclose(
                out[i].detach().numpy(), expected, rtol=1e-4, atol=1e-5)

    def test_narrow_maps_keep_hidden_units(self):
        assert CBAM(4).channel_mlp[0].out_features == 8
        assert CBAM(256).channel_mlp[0].out_features == 16
