# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import torch.nn.functional as F
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from mtcp_mm.registry import MODELS


@MODELS.register_module()
class PlainFPN(BaseModule):
    """Merge a pyramid into its finest map by plain sums.

    What the released code of MT-CP has where the paper has
    :class:`DynamicFPN`: 1x1 convolutions, the coarser levels added top-down
    (nearest), and a 3x3 convolution on the finest level. The convolutions of
    the coarser levels, whose output is not used there, are left out.

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
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """Merge ``feats``; see the class for shapes."""
        if len(feats) != len(self.laterals):
            raise ValueError(
                f'PlainFPN was built for {len(self.laterals)} levels '
                f'(`in_channels`), but got {len(feats)} maps')
        *finer, merged = [
            lateral(x) for lateral, x in zip(self.laterals, feats)
        ]
        for x in reversed(finer):
            merged = x + F.interpolate(merged, x.shape[-2:])  # nearest
        return self.conv(merged)
