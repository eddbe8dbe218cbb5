# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
from mmengine.config import ConfigDict
from mmseg.models.decode_heads import Mask2FormerHead

from mtcp_mm.models.necks import Mask2FormerNeck
from mtcp_mm.models.necks.mask2former_configs import (
    pixel_decoder_cfg,
    transformer_decoder_cfg,
)

IN_CHANNELS = (8, 16, 24, 32)
SMALL = dict(
    in_channels=IN_CHANNELS,
    channels=32,
    num_queries=7,
    num_encoder_layers=2,
    num_decoder_layers=4,
    num_heads=4,
    encoder_ffn_channels=48,
    decoder_ffn_channels=64)


def mmseg_head():
    pixel_decoder = pixel_decoder_cfg(IN_CHANNELS, (4, 8, 16, 32), 32, 2, 4,
                                      48, 3, dict(type='GN', num_groups=32))
    pixel_decoder.pop('in_channels')
    return Mask2FormerHead(
        num_classes=5,
        in_channels=list(IN_CHANNELS),
        feat_channels=32,
        out_channels=32,
        num_queries=7,
        num_transformer_feat_level=3,
        pixel_decoder=pixel_decoder,
        transformer_decoder=transformer_decoder_cfg(32, 4, 4, 64),
        positional_encoding=dict(num_feats=16, normalize=True),
        loss_cls=ConfigDict(
            type='mmdet.CrossEntropyLoss', class_weight=[1.] * 6),
        loss_mask=dict(type='mmdet.CrossEntropyLoss', use_sigmoid=True),
        loss_dice=dict(type='mmdet.DiceLoss')).eval()


def pyramid(size, batch_size=2):
    height, width = size
    return [
        torch.randn(batch_size, c, -(-height // s), -(-width // s))
        for c, s in zip(IN_CHANNELS, (4, 8, 16, 32))
    ]


@pytest.fixture
def pair():
    torch.manual_seed(0)
    head = mmseg_head()
    head.init_weights()
    neck = Mask2FormerNeck(**SMALL).eval()
    report = neck.load_state_dict(head.state_dict(), strict=False)
    assert not report.missing_keys
    assert sorted(
        report.unexpected_keys) == ['cls_embed.bias', 'cls_embed.weight']
    return neck, head


class TestMask2FormerNeck:
    """Oracle: mmseg's Mask2FormerHead with the same weights."""

    @pytest.mark.parametrize('size', [(64, 96), (90, 70), (33, 65)])
    @torch.no_grad()
    def test_masks_match_mmseg(self, pair, size):
        neck, head = pair
        feats = pyramid(size)
        features = neck.forward_features(feats)
        mask_features, _ = head.pixel_decoder(feats)
        torch.testing.assert_close(features.mask_features, mask_features)
        _, masks = head(feats, None)
        assert len(features.mask_embeds) == len(masks) == 5
        for layer, expected in enumerate(masks):
            torch.testing.assert_close(
                features.mask_logits(layer), expected, rtol=1e-4, atol=1e-4)

    @pytest.mark.parametrize('mask_activation', ['none', 'sigmoid'])
    @pytest.mark.parametrize('mask_layers', ['last', 'all'])
    @torch.no_grad()
    def test_representation_is_masks_times_embeddings(self, pair, mask_layers,
                                                      mask_activation):
        neck, head = pair
        neck.mask_layers = mask_layers
        neck.mask_activation = mask_activation
        feats = pyramid((64, 96))
        mask_features, _ = head.pixel_decoder(feats)
        _, masks = head(feats, None)
        if mask_activation == 'sigmoid':
            masks = [1 / (1 + torch.exp(-m)) for m in masks]
        masks = masks[-1] if mask_layers == 'last' else sum(masks) / 5
        expected = torch.einsum('nqhw,nchw->nchw', masks, mask_features)
        out, = neck(feats)
        torch.testing.assert_close(out, expected, rtol=1e-4, atol=1e-4)

    def test_gradient_reaches_every_parameter(self):
        neck = Mask2FormerNeck(**SMALL)
        neck(pyramid((64, 96)))[0].square().sum().backward()
        idle = [n for n, p in neck.named_parameters() if p.grad is None]
        assert not idle

    def test_checkpoint_of_the_zoo_loads_by_prefix(self, pair, tmp_path):
        _, head = pair
        path = tmp_path / 'zoo.pth'
        state = {f'decode_head.{k}': v for k, v in head.state_dict().items()}
        torch.save(dict(state_dict=state), path)
        neck = Mask2FormerNeck(
            **SMALL,
            init_cfg=dict(
                type='Pretrained',
                checkpoint=str(path),
                prefix='decode_head.'))
        neck.init_weights()
        expected = head.state_dict()
        for key, value in neck.state_dict().items():
            assert torch.equal(value, expected[key]), key

    def test_errors(self):
        with pytest.raises(ValueError, match="'last' or 'all'.*'first'"):
            Mask2FormerNeck(**SMALL, mask_layers='first')
        with pytest.raises(ValueError, match="'none' or 'sigmoid'.*'relu'"):
            Mask2FormerNeck(**SMALL, mask_activation='relu')
        with pytest.raises(ValueError, match='4 maps.*got 3'):
            Mask2FormerNeck(**SMALL)(pyramid((64, 64))[:3])
