# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
import torch.nn.functional as F

from mtcp_mm.models.layers import CoherenceFusionModule


def naive_fusion(cfm, main, aux, scale=1.):
    """CFM with gates and affinities written out; blocks are the module's."""
    gated = []
    for gate, x in zip(cfm.gates, aux):
        z = torch.einsum('oc,nchw->nohw', gate.weight[:, :, 0, 0],
                         x) + gate.bias[:, None, None]
        gated.append(x / (1 + torch.exp(-z)))
    joined = torch.einsum('oc,nchw->nohw', cfm.aux_proj.weight[:, :, 0, 0],
                          torch.cat(gated, 1))
    aux_feat = cfm.aux_branch(joined + cfm.aux_proj.bias[:, None, None])
    main_feat = cfm.main_branch(main)
    theta, phi = cfm.theta(aux_feat), cfm.phi(aux_feat)
    score = torch.exp(scale * theta.flatten(2).mT @ phi.flatten(2))
    affinity = score / score.sum(-1, keepdim=True)
    fused = (affinity @ main_feat.flatten(2).mT).mT.reshape(main.shape)
    return cfm.out(fused), main_feat, aux_feat


class TestCoherenceFusion:
    """Oracle: `naive_fusion`, an explicit (HW, HW) softmax in float64."""

    @pytest.mark.parametrize('size', [(5, 7), (8, 8), (1, 3)])
    @pytest.mark.parametrize('num_aux', [1, 3])
    def test_matches_naive_fusion(self, size, num_aux):
        torch.manual_seed(0)
        cfm = CoherenceFusionModule(8, num_aux).double().eval()
        main, *aux = torch.randn(num_aux + 1, 2, 8, *size).double()
        for got, expected in zip(
                cfm(main, aux), naive_fusion(cfm, main, aux), strict=True):
            torch.testing.assert_close(got, expected)

    def test_gradient_matches_naive_fusion(self):
        torch.manual_seed(0)
        cfm = CoherenceFusionModule(8, 2).double()
        maps = torch.randn(3, 2, 8, 4, 5).double().requires_grad_()
        got, = torch.autograd.grad(
            cfm(maps[0], maps[1:].unbind())[0].square().sum(), maps)
        expected, = torch.autograd.grad(
            naive_fusion(cfm, maps[0],
                         maps[1:].unbind())[0].square().sum(), maps)
        torch.testing.assert_close(got, expected)

    @pytest.mark.parametrize('scale, factor', [(.3, .3), (None, 8**-.5)])
    def test_scale_of_the_affinities(self, scale, factor):
        torch.manual_seed(0)
        cfm = CoherenceFusionModule(8, 1, scale=scale).double()
        main, aux = torch.randn(2, 2, 8, 5, 7).double()
        torch.testing.assert_close(
            cfm(main, [aux]), naive_fusion(cfm, main, [aux], factor))

    @pytest.mark.parametrize('shortcut', ['sum', 'gated'])
    def test_shortcut_is_added(self, shortcut):
        torch.manual_seed(0)
        cfm = CoherenceFusionModule(
            8, 1, shortcut=shortcut).double().eval()
        main, aux = torch.randn(2, 2, 8, 5, 7).double()
        gain = torch.ones(8, 1, 1)
        if shortcut == 'gated':
            torch.testing.assert_close(cfm(main, [aux])[0], main)
            gain = torch.rand(8, 1, 1)
            cfm.gain.data.copy_(gain)
        expected = main + gain * naive_fusion(cfm, main, [aux])[0]
        torch.testing.assert_close(cfm(main, [aux])[0], expected)

    def test_stride_fuses_means_of_windows(self):
        torch.manual_seed(0)
        cfm = CoherenceFusionModule(8, 1, stride=2).double().eval()
        maps = torch.randn(2, 2, 8, 5, 7).double()
        # the last row and column have windows of their own
        rows, cols = [[0, 1], [2, 3], [4]], [[0, 1], [2, 3], [4, 5], [6]]
        pooled = torch.stack([
            torch.stack([maps[..., r, :][..., c].mean((-1, -2))
                         for c in cols], -1) for r in rows
        ], -2)
        fused, *feats = naive_fusion(cfm, pooled[0], pooled[1:].unbind())
        expected = F.interpolate(fused, (5, 7), mode='bilinear')
        torch.testing.assert_close(
            cfm(maps[0], [maps[1]]), (expected, *feats))

    @pytest.mark.parametrize('stride', [0, 1.5])
    def test_rejects_stride(self, stride):
        with pytest.raises(ValueError, match=f'`stride`.*{stride}'):
            CoherenceFusionModule(8, 1, stride=stride)

    def test_rejects_unknown_shortcut(self):
        with pytest.raises(ValueError, match="'sum' or 'gated'.*'plus'"):
            CoherenceFusionModule(8, 1, shortcut='plus')

    def test_rejects_maps_of_different_size(self):
        cfm = CoherenceFusionModule(8, 1)
        with pytest.raises(ValueError, match=r'main is .*5, 7.*5, 8'):
            cfm(torch.rand(1, 8, 5, 7), [torch.rand(1, 8, 5, 8)])

    def test_rejects_wrong_number_of_maps(self):
        with pytest.raises(ValueError, match='2 auxiliary maps, but got 1'):
            CoherenceFusionModule(8, 2)(torch.rand(1, 8, 5, 7),
                                        [torch.rand(1, 8, 5, 7)])
        with pytest.raises(ValueError, match='num_aux.*>= 1'):
            CoherenceFusionModule(8, 0)
