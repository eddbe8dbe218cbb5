# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch

from mtcp_mm.models.heads import MTCPHead
from mtcp_mm.models.layers import CBAM, DynamicFPN, PlainFPN

TASKS = dict(semseg=5, depth=1, normals=3)
PREDICTORS = dict(
    semseg=dict(
        type='mtcp_mm.ConvPredictor',
        hidden=[dict(out_channels=16)],
        double_after=2),
    depth=dict(
        type='mtcp_mm.ConvPredictor',
        hidden=[dict(out_channels=8),
                dict(out_channels=4)],
        double_after=1))


def build(**options):
    torch.manual_seed(0)
    return MTCPHead(
        in_channels=16, task_channels=TASKS, channels=16, **options)


class TestReleaseOptions:
    """Oracle: outputs of the parts, put together by hand."""

    def test_each_task_has_its_predictor(self):
        head = build(predictors=PREDICTORS).eval()
        seen = {}
        for task, output in head.outputs.items():
            output.predictors[-1].register_forward_hook(
                lambda m, args, out, t=task: seen.update({t: (args[0], out)}))
        out = head(torch.randn(2, 16, 12, 20))
        sizes = dict(semseg=(24, 40), depth=(24, 40), normals=(12, 20))
        for task, logits in out.items():
            feature, expected = seen[task]
            assert feature.shape == (2, 16, 12, 20)
            assert logits.final is expected
            assert expected.shape == (2, TASKS[task], *sizes[task])
            assert [tuple(x.shape[2:])
                    for x in logits.intermediate] == [(3, 5), (6, 10)]

    def test_intermediate_predictor(self):
        """Only the final logits come from the 1x1 convolution."""
        head = build(
            intermediate_predictor=dict(
                type='mtcp_mm.ConvPredictor', hidden=[dict(out_channels=9)]))
        for task, output in head.outputs.items():
            widths = [[
                m.weight.shape[0] for m in p.modules()
                if isinstance(m, torch.nn.Conv2d)
            ] for p in output.predictors]
            assert widths == [[9, TASKS[task]], [9, TASKS[task]],
                              [TASKS[task]]]

    def test_predictor_without_srm(self):
        head = build(with_srm=False, predictors=PREDICTORS)
        out = head(torch.randn(2, 16, 12, 20))
        assert out['depth'].final.shape == (2, 1, 24, 40)
        assert out['normals'].final.shape == (2, 3, 12, 20)

    def test_plain_fpn(self):
        """The task map is the plain FPN of the task's pyramid."""
        head = build(fpn=dict(type='mtcp_mm.PlainFPN')).eval()
        x = torch.randn(2, 16, 12, 20)
        for decoder in head.decoders.values():
            assert isinstance(decoder.dfpn, PlainFPN)
            out, pyramid = decoder(x)
            torch.testing.assert_close(out, decoder.dfpn(decoder.hfp(x)))
            assert [p.shape[1] for p in pyramid] == [16, 32, 64]

    def test_cbam_options_reach_every_cbam(self):
        cbam = dict(reduction=2, norm_cfg=dict(type='BN', momentum=.01))
        modules = [
            m for m in build(cbam=cbam).modules() if isinstance(m, CBAM)
        ]
        # per task 5 in the CFM without `wide_aux`, 2 in each of 3 SRMs
        assert len(modules) == 3 * (5 + 6)
        for m in modules:
            assert m.channel_mlp[0].out_features == max(
                m.channel_mlp[0].in_features // 2, 8)
            assert m.spatial_norm.momentum == .01

    def test_all_together_trains_every_parameter(self):
        head = build(
            fpn=dict(type='mtcp_mm.PlainFPN'),
            cfm=dict(main_act_cfg=None, wide_aux=True),
            cbam=dict(norm_cfg=dict(type='BN')),
            loss_coherence=None,
            predictors=PREDICTORS)
        total = 0
        for logits in head(torch.randn(2, 16, 12, 20)).values():
            assert not logits.aux_losses
            for x in (logits.final, *logits.intermediate):
                total = total + x.square().sum()
        total.backward()
        idle = [n for n, p in head.named_parameters() if p.grad is None]
        assert not idle

    def test_default_is_the_paper(self):
        head = build()
        assert isinstance(head.decoders['depth'].dfpn, DynamicFPN)
        fusion = head.fusions['depth']
        for block in (fusion.main_branch, fusion.aux_branch):
            assert [type(m).__name__ for m in block] == [
                'CBAM', 'BatchNorm2d', 'ReLU'
            ]
        for output in head.outputs.values():
            assert all(type(p) is torch.nn.Conv2d for p in output.predictors)

    def test_coherence_loss_needs_maps_of_one_width(self):
        with pytest.raises(ValueError, match='16 channels.*auxiliary map 32'):
            build(cfm=dict(wide_aux=True))

    def test_rejects_unknown_task(self):
        with pytest.raises(ValueError, match=r"\['edge'\].*'depth'"):
            build(predictors=dict(edge=PREDICTORS['depth']))
