# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import pytest
import torch
from mmengine.config import DictAction
from torch import nn

from mtcp_mm.models.heads import DenseMTLHead
from mtcp_mm.models.layers import CrossTaskAttention
from tests.test_models.head_tester import HeadTester, VariantTester, finals

STRIDES = [2, 4, 8, 16, 16]  # of the dilated ResNet with its stem


def open_gates(build):
    """At a gate of 0 the attention has no effect."""
    head = HeadTester.seeded(build)
    for module in head.modules():
        if isinstance(module, CrossTaskAttention) and module.with_cross:
            nn.init.normal_(module.gate)
    return head


def pyramid(size=32, widths=(4, 6, 8, 10, 12), strides=STRIDES):
    return [
        torch.randn(2, c, size // s, size // s)
        for c, s in zip(widths, strides)
    ]


def build(tasks=('depth', 'normals'), **kwargs):
    kwargs = dict(
        dict(in_channels=[4, 6, 8, 10, 12], in_strides=STRIDES, channels=8),
        **kwargs)
    channels = HeadTester.task_channels(4)
    return open_gates(lambda: DenseMTLHead(
        task_channels={t: channels[t] for t in tasks}, **kwargs))


class TestDenseMTLHead(HeadTester):
    head_type = DenseMTLHead
    seeded = staticmethod(open_gates)


class TestDenseMTLHeadInTwoStages(VariantTester):
    """Two blocks, two side outputs, one branch of attention."""

    head_type = DenseMTLHead
    kwargs = dict(
        exchange_stages=(0, 2), side_stages=(1, 3), final_stage=1,
        exchange=dict(scale=2, with_self=False))
    seeded = staticmethod(open_gates)


class TestStages:

    def test_sizes_and_widths_are_those_of_the_released_code(self):
        """Oracle: the trace of its decoder in the reference, 256 channels
        at 1/16 to 64 at the size of the image."""
        head = DenseMTLHead(
            dict(depth=1), [64, 256, 512, 1024, 2048], STRIDES).eval()
        seen = {}
        decoder = head.decoders['depth']
        for i, conv in enumerate(decoder.conv):
            conv.register_forward_hook(
                lambda m, args, out, i=i: seen.update({
                    i: (args[0].shape[1], *out.shape[1:])}))
        maps = pyramid(32, [64, 256, 512, 1024, 2048])
        with torch.no_grad():
            out = head(maps).tasks['depth']
        assert seen == {
            4: (256 + 1024, 256, 2, 2),
            3: (256 + 512, 256, 4, 4),
            2: (128 + 256, 128, 8, 8),
            1: (128 + 64, 128, 16, 16),
            0: (64, 64, 32, 32)
        }
        assert out.final.shape == (2, 1, 32, 32)
        assert out.stages['scale1'].logits.shape == (2, 1, 16, 16)

    @pytest.mark.parametrize('strides, expected', [
        ([4, 8, 16, 32], 32), ([4, 8, 16, 16], 32), ([8, 16], 32),
        ([16], 32), ([1, 2, 4], 32)])
    def test_ends_at_the_size_of_the_image(self, strides, expected):
        widths = [4] * len(strides)
        head = build(in_channels=widths, in_strides=strides).eval()
        out = finals(head(pyramid(32, widths, strides)))
        assert out['depth'].shape == (2, 1, expected, expected)

    @pytest.mark.parametrize('stage, scale', [
        (0, 8), (1, 4), (2, 2), (3, 1), (4, 1)])
    def test_attention_works_at_an_eighth(self, stage, scale):
        """Oracle: the table of the released code, `stage_nb`."""
        block = build(exchange_stages=(stage, )).exchanges[str(stage)]
        assert block.pairs['depth']['normals'].scale == scale

    def test_coarse_logits_come_before_the_exchange(self):
        """The other decoder moves the final logits alone."""
        head = build().eval()
        maps = pyramid()
        before = head(maps).tasks['depth']
        head.decoders['normals'].conv[1][0].weight.data.neg_()
        after = head(maps).tasks['depth']
        assert torch.equal(before.stages['scale1'].logits,
                           after.stages['scale1'].logits)
        assert not torch.allclose(before.final, after.final)

    def test_logits_of_the_start_are_small(self):
        """Oracle: a network that knows nothing has a cross entropy of about
        log(40), also after the estimator has initialised it."""
        widths = [16, 64, 128, 256, 512]
        torch.manual_seed(0)
        head = DenseMTLHead(
            dict(semseg=40, depth=1), widths, STRIDES, channels=32)
        head.init_weights()
        maps = [2 * x.relu() for x in pyramid(64, widths)]
        out = head(maps).tasks['semseg']
        for logits in (out.final, out.stages['scale1'].logits):
            label = torch.randint(40, (2, *logits.shape[2:]))
            loss = nn.functional.cross_entropy(logits, label)
            assert loss.item() == pytest.approx(math.log(40), rel=.1)

    def test_without_exchange_tasks_are_apart(self):
        """Oracle: a head of one task with the weights of that task. The
        option as the command line gives it."""
        none = DictAction._parse_iterable('()')
        head = build(exchange_stages=none).eval()
        alone = build(tasks=['depth']).eval()
        state = head.state_dict()
        alone.load_state_dict({k: state[k] for k in alone.state_dict()})
        maps = pyramid()
        assert torch.equal(
            finals(head(maps))['depth'], finals(alone(maps))['depth'])

    @pytest.mark.parametrize('helpers', [(), ('depth', )])
    def test_scales_count_as_their_mean(self, helpers):
        out = build(side_stages=(1, 2), helpers=helpers)(pyramid())
        depth = out.tasks['depth']
        shares = [s.weight for s in depth.stages.values()]
        if not helpers:
            shares.append(depth.weight)
        assert shares == [1 / 3] * 3

    def test_other_final_stage(self):
        """The same logits, with other roles."""
        head = build().eval()
        maps = pyramid()
        plain = head(maps).tasks['depth']
        head.final_stage = 1
        turned = head(maps).tasks['depth']
        assert torch.equal(turned.final, plain.stages['scale1'].logits)
        assert torch.equal(turned.stages['scale0'].logits, plain.final)


class TestMistakes:

    @pytest.mark.parametrize('kwargs, message', [
        (dict(exchange_stages=(1, 5)), r'`exchange_stages`.*\[5\].*0.*to 4'),
        (dict(side_stages=(7, )), r'`side_stages`.*\[7\]'),
        (dict(final_stage=2), r'`final_stage`=2.*\[0, 1\]'),
        (dict(channels=(4, 4, 4)), '5 maps.*at least 4 stages.*of 3'),
    ])
    def test_stages(self, kwargs, message):
        with pytest.raises(ValueError, match=message):
            build(**kwargs)
