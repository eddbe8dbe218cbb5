# Copyright (c) mtcp_mm authors. All rights reserved.
"""mmseg's Mask2Former from the config that mmseg ships, as an oracle."""
import torch
from mmengine.hub import get_config
from mmengine.registry import DefaultScope, init_default_scope
from mmseg.registry import MODELS

SHIPPED = 'mmseg::mask2former/mask2former_swin-s_8xb2-160k_ade20k-512x512.py'
# The settings that make configs/mtcp_nyud.py small, and a name for each.
NARROW = dict(
    backbone=dict(
        embed_dims=8, depths=[1, 1, 2, 1], num_heads=[1, 2, 4, 8]),
    neck=dict(
        in_channels=[8, 16, 32, 64],
        channels=64,  # two per group of the norms: one would hide biases
        num_queries=7,
        num_encoder_layers=2,
        num_decoder_layers=4,
        num_heads=4,
        encoder_ffn_channels=48,
        decoder_ffn_channels=64))


def shipped_config(narrow=False):
    """The model of mmseg's config, without its ImageNet checkpoint."""
    model = get_config(SHIPPED).model
    model.backbone.init_cfg = None
    if not narrow:
        return model
    model.backbone.update(NARROW['backbone'])
    head, neck = model.decode_head, NARROW['neck']
    channels, num_heads = neck['channels'], neck['num_heads']
    head.in_channels = neck['in_channels']
    head.feat_channels = head.out_channels = channels
    head.num_queries = neck['num_queries']
    head.positional_encoding.num_feats = channels // 2
    encoder = head.pixel_decoder.encoder
    head.pixel_decoder.positional_encoding.num_feats = channels // 2
    encoder.num_layers = neck['num_encoder_layers']
    encoder.layer_cfg.self_attn_cfg.update(
        embed_dims=channels, num_heads=num_heads)
    encoder.layer_cfg.ffn_cfg.update(
        embed_dims=channels, feedforward_channels=neck['encoder_ffn_channels'])
    decoder = head.transformer_decoder
    decoder.num_layers = neck['num_decoder_layers']
    for attention in ('self_attn_cfg', 'cross_attn_cfg'):
        decoder.layer_cfg[attention].update(
            embed_dims=channels, num_heads=num_heads)
    decoder.layer_cfg.ffn_cfg.update(
        embed_dims=channels, feedforward_channels=neck['decoder_ffn_channels'])
    return model


def scatter_weights(model, rng):
    """Random values of useful size everywhere, so that nothing can hide.

    Freshly built, norms are ones and zeros, offsets zeros: a norm in the
    wrong place or a checkpoint that did not arrive would go unseen.
    """
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=rng)
        is_norm = p.dim() == 1 and name.endswith('.weight')
        if is_norm:
            p.data = 1 + .3 * noise
        elif p.dim() == 1:
            p.data = (1. if 'sampling_offsets' in name else .2) * noise
        elif 'bias_table' in name or 'query' in name or 'level_' in name:
            p.data = noise
        else:
            p.data = noise / p[0].numel()**.5


@torch.no_grad()
def centre_masks(model, rng):
    """Let about half of the mask logits be negative: masks that mask."""
    decoder = model.decode_head.pixel_decoder
    image = torch.randn(1, 3, 64, 64, generator=rng)
    embeddings, _ = decoder(model.backbone(image))
    decoder.mask_feature.bias -= embeddings.mean((0, 2, 3))


def build_mmseg(narrow=False, seed=0):
    """The EncoderDecoder with random weights, for evaluation."""
    before = DefaultScope.get_current_instance()
    init_default_scope('mmseg')
    model = MODELS.build(shipped_config(narrow)).eval()
    rng = torch.Generator().manual_seed(seed)
    scatter_weights(model, rng)
    centre_masks(model, rng)
    if before is None:
        DefaultScope._instance_dict.clear()
    return model
