# Copyright (c) mtcp_mm authors. All rights reserved.
import torch
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from torch import Tensor, nn

from mtcp_mm.registry import MODELS


@MODELS.register_module()
class CrossTaskAttention(BaseModule):
    """What one task learns from another (xTAM of DenseMTL, WACV 2023).

    A convolution extracts from the source what may be of use. A branch of
    gated self-attention takes it where it is; a branch of correlation lets
    every pixel of the target look for it in the whole map, at 1 / ``scale``
    of the size. The latter has a gate per channel that starts at 0. Both are
    concatenated and projected.

    Args:
        channels (int): Channels of every map.
        scale (int): Every ``scale``-th pixel of the target asks, the source
            is max-pooled by it. Defaults to 4.
        with_self (bool): Have the branch of self-attention.
        with_cross (bool): Have the branch of correlation.
        norm_cfg (dict): Norm of the 1x1 convolutions. Defaults to BN.

    Shape:
        - target, source: (N, channels, H, W), any H and W; at a right or
          lower edge a pooled cell may be smaller
        - output: (N, channels, H, W)

    Raises:
        ValueError: ``scale`` below 1, no branch, or maps of other sizes.
    """

    def __init__(
        self,
        channels: int,
        scale: int = 4,
        with_self: bool = True,
        with_cross: bool = True,
        norm_cfg: dict = dict(type='BN'),
        init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        if not isinstance(scale, int) or scale < 1:
            raise ValueError('`scale` of CrossTaskAttention must be an '
                             f'integer >= 1, but is {scale!r}')
        if not (with_self or with_cross):
            raise ValueError('CrossTaskAttention without `with_self` and '
                             'without `with_cross` has no branch: set one')
        self.scale, self.with_self = scale, with_self
        self.with_cross = with_cross
        self.extract = ConvModule(channels, channels, 3, padding=1)
        width = 0
        if with_self:
            width += channels // 2
            self.self_value, self.self_gate = (
                nn.Conv2d(channels, channels // 2, 3, padding=1, bias=False)
                for _ in range(2))
        if with_cross:
            width += channels
            self.query, self.key, self.value = (
                ConvModule(channels, channels, 1, norm_cfg=norm_cfg)
                for _ in range(3))
            self.gate = nn.Parameter(torch.zeros(channels, 1, 1))
        self.project = ConvModule(width, channels, 1, norm_cfg=norm_cfg)

    def forward(self, target: Tensor, source: Tensor) -> Tensor:
        """Attend; see the class for shapes."""
        if target.shape != source.shape:
            raise ValueError(
                'CrossTaskAttention needs maps of one size: target is '
                f'{tuple(target.shape)}, source is {tuple(source.shape)}. '
                'Resize them first.')
        source, branches = self.extract(source), []
        if self.with_self:
            gate = self.self_gate(source).sigmoid()
            branches.append(self.self_value(source) * gate)
        if self.with_cross:
            branches.append(self.gate * self._correlate(target, source))
        return self.project(torch.cat(branches, dim=1))

    def _correlate(self, target: Tensor, source: Tensor) -> Tensor:
        """Each cell of the target, as a mixture of those of the source."""
        height, width = target.shape[-2:]
        asking = target[..., ::self.scale, ::self.scale]
        pooled = F.max_pool2d(source, self.scale, ceil_mode=True)
        tokens = (self.query(asking), self.key(pooled), self.value(pooled))
        # (N, heads = 1, positions, C): its scale is 1 / sqrt(C)
        mixed = F.scaled_dot_product_attention(
            *(x.flatten(2).mT.unsqueeze(1).contiguous() for x in tokens))
        mixed = mixed[:, 0].mT.unflatten(2, asking.shape[-2:])
        mixed = F.interpolate(mixed, scale_factor=self.scale)  # nearest
        return mixed[..., :height, :width]
