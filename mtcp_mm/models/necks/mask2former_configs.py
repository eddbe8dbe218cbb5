# Copyright (c) mtcp_mm authors. All rights reserved.
"""The nested configs that mmdet's Mask2Former parts want.

They are read by attribute access, hence ``ConfigDict``.
"""
from collections.abc import Sequence

from mmengine.config import ConfigDict


def pixel_decoder_cfg(in_channels: Sequence[int], strides: Sequence[int],
                      channels: int, num_layers: int, num_heads: int,
                      ffn_channels: int, num_levels: int,
                      norm_cfg: dict) -> ConfigDict:
    """Config of ``mmdet.MSDeformAttnPixelDecoder``."""
    return ConfigDict(
        type='mmdet.MSDeformAttnPixelDecoder',
        in_channels=list(in_channels),
        strides=list(strides),
        feat_channels=channels,
        out_channels=channels,
        num_outs=num_levels,
        norm_cfg=norm_cfg,
        act_cfg=dict(type='ReLU'),
        encoder=dict(
            num_layers=num_layers,
            layer_cfg=dict(
                self_attn_cfg=dict(
                    embed_dims=channels,
                    num_heads=num_heads,
                    num_levels=num_levels,
                    num_points=4,
                    dropout=0.,
                    batch_first=True),
                ffn_cfg=dict(
                    embed_dims=channels,
                    feedforward_channels=ffn_channels,
                    num_fcs=2,
                    ffn_drop=0.,
                    act_cfg=dict(type='ReLU', inplace=True)))),
        positional_encoding=dict(num_feats=channels // 2, normalize=True))


def transformer_decoder_cfg(channels: int, num_layers: int, num_heads: int,
                            ffn_channels: int) -> ConfigDict:
    """Arguments of mmdet's ``Mask2FormerTransformerDecoder``."""
    attention = dict(
        embed_dims=channels,
        num_heads=num_heads,
        attn_drop=0.,
        proj_drop=0.,
        dropout_layer=None,
        batch_first=True)
    return ConfigDict(
        return_intermediate=True,
        num_layers=num_layers,
        layer_cfg=dict(
            self_attn_cfg=attention,
            cross_attn_cfg=attention,
            ffn_cfg=dict(
                embed_dims=channels,
                feedforward_channels=ffn_channels,
                num_fcs=2,
                act_cfg=dict(type='ReLU', inplace=True),
                ffn_drop=0.,
                dropout_layer=None,
                add_identity=True)),
        init_cfg=None)
