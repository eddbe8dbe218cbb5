# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
import torch.nn.functional as F

from mtcp_mm.models.layers import SpatialRefinementModule


def one_by_one(block, x):
    """1x1 convolution, BN in evaluation mode and ReLU, as a formula."""
    y = torch.einsum('oc,nchw->nohw', block.conv.weight[:, :, 0, 0], x)
    bn = block.bn
    scale = bn.weight / torch.sqrt(bn.running_var + bn.eps)
    y = (y - bn.running_mean[:, None, None]) * scale[:, None, None]
    return (y + bn.bias[:, None, None]).clamp(min=0)


class TestSpatialRefinement:
    """Oracle: resize, concat and two 1x1 branches as formulas in float64."""

    @pytest.mark.parametrize('size', [(3, 4), (5, 7), (12, 10)])
    def test_matches_formula(self, size):
        torch.manual_seed(0)
        srm = SpatialRefinementModule(6, 12, 8).double().eval()
        for block in (srm.prediction_branch, srm.trace_branch):
            torch.nn.init.uniform_(block.bn.running_mean, -.1, .1)
            torch.nn.init.uniform_(block.bn.weight, .5, 2.)
        traced = torch.randn(2, 6, *size).double()
        stage = torch.randn(2, 12, 5, 7).double()
        seen = F.interpolate(
            srm.traced_attention(traced), (5, 7), mode='bilinear')
        joined = torch.cat([seen, srm.stage_attention(stage)], 1)
        feature, onward = srm(traced, stage)
        torch.testing.assert_close(feature,
                                   one_by_one(srm.prediction_branch, joined))
        torch.testing.assert_close(onward,
                                   one_by_one(srm.trace_branch, joined))
        assert feature.shape[1] == 8 and onward.shape[1] == 12

    def test_last_step_has_no_unused_branch(self):
        srm = SpatialRefinementModule(6, 12, 8, trace_on=False)
        feature, onward = srm(torch.rand(2, 6, 3, 3), torch.rand(2, 12, 5, 7))
        assert onward is None
        feature.sum().backward()
        assert all(p.grad is not None for p in srm.parameters())
