# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from mmcv.cnn import Conv2d
from mmdet.models.layers import (
    Mask2FormerTransformerDecoder,
    SinePositionalEncoding,
)
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import Features, MapInfo
from .mask2former_configs import pixel_decoder_cfg, transformer_decoder_cfg


class Mask2FormerFeatures(NamedTuple):
    """What the Mask2Former knows about an image.

    Attributes:
        mask_features (Tensor): Pixel embeddings E, (N, C, H/4, W/4).
        mask_embeds (tuple[Tensor]): Query embeddings, (N, Q, C) for the
            learned queries and after every decoder layer.
    """
    mask_features: Tensor
    mask_embeds: tuple[Tensor, ...]

    def mask_logits(self, layer: int = -1) -> Tensor:
        """Mask logits of one layer, shape (N, Q, H/4, W/4)."""
        return torch.einsum('nqc,nchw->nqhw', self.mask_embeds[layer],
                            self.mask_features)


@MODELS.register_module()
class Mask2FormerNeck(BaseModule):
    """Mask2Former without its classifier, as a shared representation.

    The output is every pixel embedding scaled by the sum over queries of its
    mask logits (MT-CP, Sec. 3.2): ``F = sum_q M_q * E``. As M_q is
    <e_q, E>, that sum is <sum_q e_q, E> and no (N, Q, H, W) tensor is held.

    Modules carry the names of mmseg's ``Mask2FormerHead``, so a checkpoint
    of the model zoo fills them:
    ``init_cfg=dict(type='Pretrained', checkpoint=URL, prefix='decode_head.')``

    Args:
        in_channels (Sequence[int]): Channels of the backbone, finest first;
            the estimator gives those of its backbone.
        strides (Sequence[int]): Their strides. Defaults to (4, 8, 16, 32).
        channels (int): C, channels of the output. Defaults to 256.
        num_queries (int): Q. Defaults to 100.
        num_encoder_layers (int): Deformable layers of the pixel decoder.
            Defaults to 6.
        num_decoder_layers (int): Layers of the transformer decoder, at
            least 1. Defaults to 9.
        num_heads (int): Attention heads. Defaults to 8.
        encoder_ffn_channels (int): Defaults to 1024.
        decoder_ffn_channels (int): Defaults to 2048.
        mask_layers (str): 'last', or 'all' for the mean of the masks over all
            layers. Defaults to 'last', as the original code.
        mask_activation (str): 'none': M_q are the logits, as in the original
            code. 'sigmoid': M_q in 0..1, which keeps the sign of E; for
            training from random weights, whose logits change sign from pixel
            to pixel. Defaults to 'none'.
        enforce_decoder_input_project (bool): As in mmdet. Defaults to False.
        norm_cfg (dict): Norm of the pixel decoder. Defaults to GN, 32 groups.

    Shape:
        - feats: tuple of (N, in_channels[i], H / strides[i], W / strides[i])
        - output: tuple with one (N, channels, H / 4, W / 4)

    Raises:
        ValueError: Unknown ``mask_layers`` or ``mask_activation``, or wrong
            number of maps.
    """

    num_feature_levels = 3

    def __init__(
        self,
        in_channels: Sequence[int],
        strides: Sequence[int] = (4, 8, 16, 32),
        channels: int = 256,
        num_queries: int = 100,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 9,
        num_heads: int = 8,
        encoder_ffn_channels: int = 1024,
        decoder_ffn_channels: int = 2048,
        mask_layers: str = 'last',
        mask_activation: str = 'none',
        enforce_decoder_input_project: bool = False,
        norm_cfg: dict = dict(type='GN', num_groups=32),
        init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        if mask_layers not in ('last', 'all'):
            raise ValueError("`mask_layers` must be 'last' or 'all', but is "
                             f'{mask_layers!r}')
        if mask_activation not in ('none', 'sigmoid'):
            raise ValueError("`mask_activation` must be 'none' or 'sigmoid', "
                             f'but is {mask_activation!r}')
        self.in_channels = tuple(in_channels)
        self.mask_layers = mask_layers
        self.mask_activation = mask_activation
        self.num_heads = num_heads
        self.pixel_decoder = MODELS.build(
            pixel_decoder_cfg(in_channels, strides, channels,
                              num_encoder_layers, num_heads,
                              encoder_ffn_channels, self.num_feature_levels,
                              norm_cfg))
        self.transformer_decoder = Mask2FormerTransformerDecoder(
            **transformer_decoder_cfg(channels, num_decoder_layers, num_heads,
                                      decoder_ffn_channels))
        self.decoder_input_projs = ModuleList(
            Conv2d(channels, channels, 1
                   ) if enforce_decoder_input_project else nn.Identity()
            for _ in range(self.num_feature_levels))
        self.decoder_positional_encoding = SinePositionalEncoding(
            num_feats=channels // 2, normalize=True)
        self.query_embed = nn.Embedding(num_queries, channels)
        self.query_feat = nn.Embedding(num_queries, channels)
        self.level_embed = nn.Embedding(self.num_feature_levels, channels)
        self.mask_embed = nn.Sequential(
            nn.Linear(channels, channels), nn.ReLU(inplace=True),
            nn.Linear(channels, channels), nn.ReLU(inplace=True),
            nn.Linear(channels, channels))

    def init_weights(self) -> None:
        """Xavier for the transformer decoder, as mmdet; then ``init_cfg``."""
        if not self.is_init:
            for p in self.transformer_decoder.parameters():
                if p.dim() > 1:
                    nn.init.xavier_normal_(p)
        super().init_weights()

    def describe_features(self, inputs: Features) -> tuple[MapInfo]:
        """See :func:`mtcp_mm.models.encoders.describe`."""
        return (MapInfo(self.query_embed.embedding_dim,
                        inputs.shared[0].stride), )

    def forward(self, feats: Sequence[Tensor]) -> tuple[Tensor]:
        """Compute the shared representation; see the class for shapes."""
        features = self.forward_features(feats)
        layers = range(len(features.mask_embeds))
        layers = layers if self.mask_layers == 'all' else layers[-1:]
        gate = sum(self._sum_masks(features, i) for i in layers) / len(layers)
        return (gate[:, None] * features.mask_features, )

    def _sum_masks(self, features: Mask2FormerFeatures, layer: int) -> Tensor:
        """Sum over queries of the masks of one layer, (N, H/4, W/4)."""
        if self.mask_activation == 'sigmoid':
            return features.mask_logits(layer).sigmoid().sum(dim=1)
        return torch.einsum('nc,nchw->nhw',
                            features.mask_embeds[layer].sum(dim=1),
                            features.mask_features)

    def forward_features(self, feats: Sequence[Tensor]) -> Mask2FormerFeatures:
        """Run pixel decoder and transformer decoder.

        Args:
            feats (Sequence[Tensor]): Maps of the backbone, finest first.

        Returns:
            Mask2FormerFeatures: Pixel and query embeddings.
        """
        if len(feats) != len(self.in_channels):
            raise ValueError(
                f'Mask2FormerNeck was built for {len(self.in_channels)} maps '
                f'(`in_channels`={self.in_channels}), but got {len(feats)}')
        mask_features, memories = self.pixel_decoder(list(feats))
        # Interpolation is linear: masks of the resized embeddings are the
        # resized masks, at a fraction of the cost.
        small = [
            F.interpolate(
                mask_features.detach(),
                m.shape[-2:],
                mode='bilinear',
                align_corners=False) for m in memories
        ]
        keys, key_pos = self._decoder_inputs(memories)
        batch_size = mask_features.shape[0]
        query_pos = self.query_embed.weight.expand(batch_size, -1, -1)
        query = self.query_feat.weight.expand(batch_size, -1, -1)
        mask_embeds = [self._embed_queries(query)]
        for i, layer in enumerate(self.transformer_decoder.layers):
            level = i % self.num_feature_levels
            query = layer(
                query=query,
                key=keys[level],
                value=keys[level],
                query_pos=query_pos,
                key_pos=key_pos[level],
                cross_attn_mask=self._attention_mask(mask_embeds[-1],
                                                     small[level]),
                query_key_padding_mask=None,
                key_padding_mask=None)
            mask_embeds.append(self._embed_queries(query))
        return Mask2FormerFeatures(mask_features, tuple(mask_embeds))

    def _decoder_inputs(
            self, memories: Sequence[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Tokens (N, h*w, C) and positions of each level, coarsest first."""
        keys, key_pos = [], []
        for i, memory in enumerate(memories):
            tokens = self.decoder_input_projs[i](memory).flatten(2)
            keys.append(
                tokens.transpose(1, 2) + self.level_embed.weight[i])
            no_padding = memory.new_zeros(
                (memory.shape[0], *memory.shape[-2:]), dtype=torch.bool)
            position = self.decoder_positional_encoding(no_padding)
            key_pos.append(position.flatten(2).transpose(1, 2))
        return keys, key_pos

    def _embed_queries(self, query: Tensor) -> Tensor:
        return self.mask_embed(self.transformer_decoder.post_norm(query))

    @torch.no_grad()
    def _attention_mask(self, embed: Tensor, small: Tensor) -> Tensor:
        """Where a query must not look: bool (N * heads, Q, h*w)."""
        logits = torch.einsum('nqc,nchw->nqhw', embed, small).flatten(2)
        mask = logits < 0
        # a query that may look nowhere looks everywhere
        mask &= ~mask.all(dim=-1, keepdim=True)
        return mask.repeat_interleave(self.num_heads, dim=0)
