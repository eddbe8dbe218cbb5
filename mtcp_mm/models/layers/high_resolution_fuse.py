# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import torch
from mmcv.cnn import build_norm_layer
from mmengine.model import BaseModule
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from .checks import check_widths
from .dynamic_fpn import resize_to


@MODELS.register_module()
class HighResolutionFuse(BaseModule):
    """Bring maps to the size of the finest, and mix their channels.

    They are concatenated, followed by a 1x1 convolution, norm and ReLU (head
    of HRNetV2). The convolution has a bias, as in the code of MTI-Net.

    Args:
        in_channels (Sequence[int]): Channels of the maps, finest first.
        channels (int, optional): Channels of the output. None: as many as
            the maps have together.
        norm_cfg (dict): Defaults to BN.

    Shape:
        - maps: tuple of (N, in_channels[i], H_i, W_i), finest first
        - output: (N, channels, H_0, W_0)
    """

    def __init__(self,
                 in_channels: Sequence[int],
                 channels: int | None = None,
                 norm_cfg: dict = dict(type='BN'),
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.in_channels = tuple(in_channels)
        self.channels = channels or sum(in_channels)
        # mmcv's ConvModule warns of a bias before a norm
        self.conv = nn.Conv2d(sum(in_channels), self.channels, 1)
        self.norm = build_norm_layer(norm_cfg, self.channels)[1]
        self.activate = nn.ReLU(inplace=True)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Fuse; see the class for shapes."""
        check_widths(maps, self.in_channels)
        size = maps[0].shape[-2:]
        x = torch.cat([resize_to(x, size) for x in maps], dim=1)
        return self.activate(self.norm(self.conv(x)))
