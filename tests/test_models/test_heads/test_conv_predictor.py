# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch

from mtcp_mm.models.heads import ConvPredictor

BN_RELU = dict(norm_cfg=dict(type='BN'), act_cfg=dict(type='ReLU'))


def conv(x, module):
    out = np.einsum('oc,nchw->nohw',
                    module.weight.detach().double().numpy()[:, :, 0, 0], x)
    if module.bias is not None:
        out += module.bias.detach().double().numpy()[:, None, None]
    return out


def double(x):
    """Twice the size; the corners keep their values."""
    for axis in (2, 3):
        old = x.shape[axis]
        place = np.linspace(0, old - 1, 2 * old)
        low = np.minimum(place.astype(int), old - 2)
        shape = [1] * 4
        shape[axis] = -1
        share = (place - low).reshape(shape)
        x = (np.take(x, low, axis) * (1 - share) +
             np.take(x, low + 1, axis) * share)
    return x


class TestConvPredictor:
    """Oracle: NumPy in float64, for the predictors of the release."""

    def setup_method(self):
        torch.manual_seed(0)
        self.x = torch.randn(2, 6, 3, 5)
        self.array = self.x.double().numpy()

    def check(self, predictor, expected):
        got = predictor.eval()(self.x).detach().numpy()
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)

    def test_one_convolution(self):
        predictor = ConvPredictor(6, 4)
        self.check(predictor, conv(self.array, predictor.convs[0]))

    def test_doubled_at_the_end(self):
        """Semantic segmentation: conv, BN, ReLU, conv, twice the size."""
        predictor = ConvPredictor(
            6, 4, [dict(out_channels=7, **BN_RELU)], double_after=2)
        first, last = predictor.convs
        bn = first.bn
        bn.running_mean.normal_()
        bn.running_var.uniform_(.5, 2.)
        x = conv(self.array, first.conv)
        mean, var = (
            v.double().numpy()[:, None, None]
            for v in (bn.running_mean, bn.running_var))
        x = np.maximum((x - mean) / np.sqrt(var + bn.eps), 0)
        assert first.conv.bias is None
        self.check(predictor, double(conv(x, last)))

    def test_doubled_in_between(self):
        """Depth: conv, twice the size, conv, ReLU, conv."""
        predictor = ConvPredictor(
            6,
            1, [
                dict(out_channels=4),
                dict(out_channels=3, act_cfg=dict(type='ReLU'))
            ],
            double_after=1)
        a, b, c = predictor.convs
        x = double(conv(self.array, a.conv))
        x = conv(np.maximum(conv(x, b.conv), 0), c)
        assert x.min() < 0  # linear: not cut off below 0
        self.check(predictor, x)

    @pytest.mark.parametrize('after', [0, 3])
    def test_rejects_place_of_doubling(self, after):
        with pytest.raises(ValueError, match=f'from 1 to 2, but is {after}'):
            ConvPredictor(6, 4, [dict(out_channels=6)], double_after=after)
