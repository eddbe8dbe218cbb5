# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from mtcp_mm.registry import MODELS


def resize_to(x: Tensor, size: Sequence[int]) -> Tensor:
    """Bring a map to ``size`` (H, W), bilinear, corners not aligned."""
    size = tuple(size)
    if x.shape[-2:] == size:
        return x
    return F.interpolate(x, size, mode='bilinear', align_corners=False)


@MODELS.register_module()
class DynamicFPN(BaseModule):
    """Merge a pyramid into its finest map, with weights learned per pixel.

    Each level is projected, receives the coarser ones top-down, and is
    brought to the finest size. Every pixel then weighs the levels by a
    softmax (MT-CP, Sec. 3.2). The weight branch starts at zero; the weights
    sum to the number of levels, so the module starts as the plain sum.

    Args:
        in_channels (Sequence[int]): Channels of the levels, finest first.
        channels (int): Channels of the output. Defaults to 256.

    Shape:
        - feats: tuple of (N, in_channels[i], H_i, W_i), finest first
        - output: (N, channels, H_0, W_0)

    Raises:
        ValueError: The number of maps is not that of ``in_channels``.
    """

    def __init__(self,
                 in_channels: Sequence[int],
                 channels: int = 256,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.laterals = ModuleList(
            nn.Conv2d(c, channels, 1) for c in in_channels)
        self.convs = ModuleList(
            nn.Conv2d(channels, channels, 3, padding=1) for _ in in_channels)
        self.level_weights = nn.Conv2d(channels * len(in_channels),
                                       len(in_channels), 1)
        nn.init.zeros_(self.level_weights.weight)
        nn.init.zeros_(self.level_weights.bias)

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """Merge ``feats``; see the class for shapes."""
        if len(feats) != len(self.laterals):
            raise ValueError(
                f'DynamicFPN was built for {len(self.laterals)} levels '
                f'(`in_channels`), but got {len(feats)} maps')
        maps = [lateral(x) for lateral, x in zip(self.laterals, feats)]
        for fine in range(len(maps) - 2, -1, -1):
            maps[fine] = maps[fine] + resize_to(maps[fine + 1],
                                                maps[fine].shape[-2:])
        size = maps[0].shape[-2:]
        maps = [resize_to(conv(x), size) for conv, x in zip(self.convs, maps)]
        weights = self.level_weights(torch.cat(maps, dim=1)).softmax(dim=1)
        weights = weights * len(maps)
        return sum(x * weights[:, i:i + 1] for i, x in enumerate(maps))
