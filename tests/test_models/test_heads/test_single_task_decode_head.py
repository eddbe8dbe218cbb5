# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.registry import DefaultScope, init_default_scope
from mmengine.structures import PixelData
from mmseg.models.segmentors import EncoderDecoder
from mmseg.structures import SegDataSample
from torch import nn

from mtcp_mm.models.heads import SingleTaskDecodeHead

HEADS = dict(
    hfp=dict(type='mtcp_mm.HFPHead', hfp=dict(depths=(1, 1))),
    mtcp=dict(type='mtcp_mm.MTCPHead', hfp=dict(depths=(1, 1, 1))))


@pytest.fixture(autouse=True)
def default_scope():
    before = DefaultScope.get_current_instance()
    init_default_scope('mmseg')
    yield
    if before is None:
        DefaultScope._instance_dict.clear()


def samples(size, number=2):
    """Random labels of 5 classes, a part of them void."""
    out = []
    for i in range(number):
        rng = torch.Generator().manual_seed(i)
        label = torch.randint(0, 6, (1, *size), generator=rng)
        label[label == 5] = 255
        out.append(SegDataSample(
            metainfo=dict(ori_shape=size, img_shape=size, pad_shape=size)))
        out[-1].gt_sem_seg = PixelData(data=label)
    return out


def stock_model(head, **kwargs):
    torch.manual_seed(0)
    return EncoderDecoder(
        backbone=dict(
            type='ResNetV1c', depth=18, base_channels=8, norm_cfg=dict(
                type='BN')),
        decode_head=dict(
            type='mtcp_mm.SingleTaskDecodeHead',
            in_channels=[8, 16, 32, 64],
            channels=16,
            num_classes=5,
            head=HEADS[head]),
        auxiliary_head=dict(
            type='mtcp_mm.SingleTaskDecodeHead',
            in_channels=32,
            in_index=2,
            channels=16,
            num_classes=5,
            head=HEADS['hfp'],
            loss_decode=dict(type='CrossEntropyLoss', loss_weight=.4)),
        test_cfg=ConfigDict(mode='whole'),
        **kwargs)


@pytest.mark.parametrize('head', HEADS)
class TestInEncoderDecoder:
    """mmseg's EncoderDecoder takes the head for one of its own."""

    @pytest.mark.parametrize('size', [(64, 96), (53, 71)])
    def test_trains(self, head, size):
        model = stock_model(head).train()
        losses = model(torch.randn(2, 3, *size), samples(size), mode='loss')
        assert {'decode.loss_ce', 'decode.inter0.loss_ce',
                'aux.loss_ce'} - set(losses) == (
                    {'decode.inter0.loss_ce'} if head == 'hfp' else set())
        total, _ = model.parse_losses(losses)
        total.backward()
        idle = [n for n, p in model.named_parameters() if p.grad is None]
        assert idle == []

    def test_predicts(self, head):
        model = stock_model(head).eval()
        out = model(torch.randn(2, 3, 64, 96), samples((64, 96)),
                    mode='predict')
        assert [s.pred_sem_seg.data.shape for s in out] == [(1, 64, 96)] * 2
        assert out[0].seg_logits.data.shape == (5, 64, 96)


class TestSingleTaskDecodeHead:

    def build(self, head='mtcp', **kwargs):
        torch.manual_seed(0)
        return SingleTaskDecodeHead(
            16, 16, num_classes=5, head=HEADS[head], **kwargs)

    def test_losses(self):
        """Oracle: torch's cross entropy of the head's own logits; two
        intermediate ones, of which each counts by half."""
        head = self.build(
            loss_decode=dict(type='CrossEntropyLoss',
                             avg_non_ignore=True)).eval()
        x, labels = torch.randn(2, 16, 12, 20), samples((24, 40))
        losses = head.loss((x, ), labels, {})
        logits = head.head(x).tasks['seg']
        target = torch.cat([s.gt_sem_seg.data for s in labels])

        def expected(stage):
            stage = nn.functional.interpolate(
                stage, (24, 40), mode='bilinear', align_corners=False)
            return nn.functional.cross_entropy(
                stage, target, ignore_index=255)

        torch.testing.assert_close(losses['loss_ce'], expected(logits.final))
        for name, stage in logits.stages.items():
            torch.testing.assert_close(losses[f'{name}.loss_ce'],
                                       expected(stage.logits) / 2)
        assert set(losses) == {
            'loss_ce', 'inter0.loss_ce', 'inter1.loss_ce', 'acc_seg'
        }

    def test_binary_output(self):
        """mmseg's way for two classes: one channel and a threshold."""
        head = SingleTaskDecodeHead(
            16,
            16,
            num_classes=2,
            out_channels=1,
            threshold=.5,
            loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=True))
        assert head((torch.randn(1, 16, 8, 8), )).shape == (1, 1, 8, 8)

    def test_state_dict_round_trip(self):
        a, b = self.build().eval(), self.build().eval()
        for p in b.parameters():
            p.data.normal_()
        b.load_state_dict(a.state_dict())
        x = (torch.randn(1, 16, 9, 13), )
        assert torch.equal(a(x), b(x))
