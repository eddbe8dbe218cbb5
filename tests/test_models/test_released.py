# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mtcp_mm.models.layers import CBAM
from mtcp_mm.models.released import (
    ConvPredictor,
    PlainFPN,
    ReleasedFusion,
    ReleasedMTCPHead,
)
from tests.test_models.head_tester import HeadTester, finals, scalar
from tests.test_models.test_layers.test_cbam import naive_cbam
from tests.test_models.test_layers.test_coherence_fusion import naive_fusion

BN_RELU = dict(norm_cfg=dict(type='BN'), act_cfg=dict(type='ReLU'))


def nearest(x, size):
    """Rows and columns picked by index, as torch's `nearest` does."""
    rows, cols = (
        np.arange(new) * old // new for new, old in zip(size, x.shape[-2:]))
    return x[..., rows[:, None], cols]


def naive_fpn(fpn, feats):
    """The released module, as docs/paper_vs_code.md describes it."""
    p = fpn.state_dict()
    laterals = [
        torch.einsum('oc,nchw->nohw', p[f'laterals.{i}.weight'][:, :, 0, 0],
                     x) + p[f'laterals.{i}.bias'][:, None, None]
        for i, x in enumerate(feats)
    ]
    middle = laterals[1] + nearest(laterals[2], laterals[1].shape[-2:])
    finest = laterals[0] + nearest(middle, laterals[0].shape[-2:])
    return F.conv2d(finest, p['conv.weight'], p['conv.bias'], padding=1)


class TestPlainFPN:
    """Oracle: `naive_fpn` in float64."""

    @pytest.mark.parametrize('sizes', [((8, 12), (4, 6), (2, 3)),
                                       ((9, 7), (5, 4), (3, 2))])
    def test_matches_naive(self, sizes):
        torch.manual_seed(0)
        fpn = PlainFPN((4, 8, 16), 6).double()
        feats = [
            torch.randn(2, c, *size).double()
            for c, size in zip((4, 8, 16), sizes)
        ]
        torch.testing.assert_close(fpn(feats), naive_fpn(fpn, feats))

    def test_every_parameter_is_used(self):
        fpn = PlainFPN((4, 8, 16), 6)
        feats = [torch.randn(1, c, 4, 4) for c in (4, 8, 16)]
        fpn(feats).square().sum().backward()
        assert all(p.grad.any() for p in fpn.parameters())

    def test_rejects_missing_level(self):
        with pytest.raises(ValueError, match='3 levels.*got 2'):
            PlainFPN((4, 8, 16))([torch.rand(1, 4, 4, 4)] * 2)


def conv(x, module):
    """A 1x1 convolution in NumPy float64."""
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


class TestReleasedFusion:
    """Oracle: `naive_fusion`, an explicit (HW, HW) softmax in float64."""

    def test_matches_naive_fusion(self):
        """Both maps, gated and through a convolution of their full width and
        a ReLU, go to theta and phi; the main map is not cut off below 0."""
        torch.manual_seed(0)
        cfm = ReleasedFusion(8, 2, dict(type='BN')).double().eval()
        main, *aux = torch.randn(3, 2, 8, 5, 7).double()
        fused, main_feat, aux_feat = cfm(main, aux)
        for got, expected in zip((fused, main_feat, aux_feat),
                                 naive_fusion(cfm, main, aux)):
            torch.testing.assert_close(got, expected)
        gated = torch.cat([
            x * torch.sigmoid(
                torch.einsum('oc,nchw->nohw', gate.weight[:, :, 0, 0], x) +
                gate.bias[:, None, None]) for gate, x in zip(cfm.gates, aux)
        ], 1)
        wide = torch.einsum('oc,nchw->nohw', cfm.aux_proj.weight[:, :, 0, 0],
                            gated) + cfm.aux_proj.bias[:, None, None]
        torch.testing.assert_close(aux_feat, wide.clamp(min=0))
        assert wide.shape[1] == 16
        cbam, norm = cfm.main_branch
        expected = cbam(main) / (1 + norm.eps)**.5
        assert expected.min() < -.1
        torch.testing.assert_close(main_feat, expected)


TASKS = dict(semseg=5, depth=1, normals=3)
PREDICTORS = dict(
    semseg=dict(hidden=[dict(out_channels=16)], double_after=2),
    depth=dict(
        hidden=[dict(out_channels=8),
                dict(out_channels=4)], double_after=1))


def build(**options):
    torch.manual_seed(0)
    return ReleasedMTCPHead(TASKS, in_channels=16, channels=16, **options)


class TestReleasedMTCPHead(HeadTester):
    """Oracle: outputs of the parts, put together by hand."""

    head_type = ReleasedMTCPHead

    def test_each_task_has_its_predictor(self):
        head = build(predictors=PREDICTORS).eval()
        seen = {}
        for task, output in head.outputs.items():
            output.predictors[-1].register_forward_hook(
                lambda m, args, out, t=task: seen.update({t: (args[0], out)}))
        out = head(torch.randn(2, 16, 12, 20))
        sizes = dict(semseg=(24, 40), depth=(24, 40), normals=(12, 20))
        for task, logits in out.tasks.items():
            feature, expected = seen[task]
            assert feature.shape == (2, 16, 12, 20)
            assert logits.final is expected
            assert expected.shape == (2, TASKS[task], *sizes[task])
            stages = {k: s.logits.shape[2:] for k, s in logits.stages.items()}
            assert stages == dict(inter0=(3, 5), inter1=(6, 10))

    def test_stage_predictor(self):
        """Only the final logits come from the 1x1 convolution."""
        head = build(stage_predictor=dict(hidden=[dict(out_channels=9)]))
        for task, output in head.outputs.items():
            widths = [[
                m.weight.shape[0] for m in p.modules()
                if isinstance(m, torch.nn.Conv2d)
            ] for p in output.predictors]
            assert widths == [[9, TASKS[task]], [9, TASKS[task]],
                              [TASKS[task]]]

    def test_predictor_without_srm(self):
        head = build(with_srm=False, predictors=PREDICTORS)
        out = finals(head(torch.randn(2, 16, 12, 20)))
        assert out['depth'].shape == (2, 1, 24, 40)
        assert out['normals'].shape == (2, 3, 12, 20)

    def test_plain_fpn(self):
        """The task map is the plain FPN of the task's pyramid."""
        head = build().eval()
        x = torch.randn(2, 16, 12, 20)
        for decoder in head.decoders.values():
            assert isinstance(decoder.dfpn, PlainFPN)
            out, pyramid = decoder(x)
            torch.testing.assert_close(out, decoder.dfpn(decoder.hfp(x)))
            assert [p.shape[1] for p in pyramid] == [16, 32, 64]

    def test_norm_in_every_cbam(self):
        """Oracle: `naive_cbam`, with the norm as a formula."""
        modules = [m for m in build().modules() if isinstance(m, CBAM)]
        # per task 4 in the CFM, 2 in each of 3 SRMs
        assert len(modules) == 3 * (4 + 6)
        for m in modules:
            assert m.channel_mlp[0].out_features == max(
                m.channel_mlp[0].in_features // 16, 8)
            place, norm = m.eval().spatial_conv
            assert place.bias is None and norm.momentum == .01
            for value, low, high in ((norm.weight.data, .5, 2),
                                     (norm.bias.data, -1, 1),
                                     (norm.running_mean, -1, 1),
                                     (norm.running_var, .5, 2)):
                value.uniform_(low, high)

            def normalise(x, norm=norm):
                x = (x - norm.running_mean.item()) / np.sqrt(
                    norm.running_var.item() + norm.eps)
                return norm.weight.item() * x + norm.bias.item()

            x = torch.randn(m.channel_mlp[0].in_features, 5, 8)
            np.testing.assert_allclose(
                m(x[None])[0].detach().numpy(),
                naive_cbam(m, x.double().numpy(), 'spatial_conv.0', normalise),
                rtol=1e-4,
                atol=1e-5)

    def test_fusion_is_the_released_one(self):
        head = build()
        assert all(type(f) is ReleasedFusion for f in head.fusions.values())
        assert not head(torch.randn(2, 16, 8, 8)).losses

    def test_predictors_train_every_parameter(self):
        head = build(
            predictors=PREDICTORS,
            stage_predictor=dict(hidden=[dict(out_channels=9, **BN_RELU)]))
        scalar(head(torch.randn(2, 16, 12, 20))).backward()
        idle = [n for n, p in head.named_parameters() if p.grad is None]
        assert not idle

    def test_rejects_coherence_loss(self):
        with pytest.raises(ValueError, match='channels of all other tasks'):
            build(loss_coherence=dict(type='mtcp_mm.CosineCoherenceLoss'))

    @pytest.mark.parametrize('name', ['predictors', 'stage_losses'])
    def test_rejects_unknown_task(self, name):
        with pytest.raises(
                ValueError, match=rf"`{name}` .*\['edge'\].*'depth'"):
            build(**{name: dict(edge=PREDICTORS['depth'])})

