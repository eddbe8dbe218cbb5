# Copyright (c) mtcp_mm authors. All rights reserved.
import torch
from mmcv.cnn import build_activation_layer, build_norm_layer
from mmengine.model import BaseModule
from torch import Tensor, nn

from mtcp_mm.registry import MODELS


@MODELS.register_module()
class CBAM(BaseModule):
    """Convolutional block attention: first channels, then places.

    Source: Woo et al., CBAM, ECCV 2018 (reference 44 of MT-CP).

    Args:
        channels (int): Channels of input and output.
        reduction (int): Channels per hidden unit of the channel branch.
            Defaults to 16, with at least 8 hidden units.
        kernel_size (int): Odd size of the spatial convolution. Defaults to 7.

    Shape:
        - input, output: (N, channels, H, W)
    """

    def __init__(self,
                 channels: int,
                 reduction: int = 16,
                 kernel_size: int = 7,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        hidden = max(channels // reduction, 8)
        self.channel_mlp = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(inplace=True),
            nn.Linear(hidden, channels))
        self.spatial_conv = nn.Conv2d(
            2, 1, kernel_size, padding=kernel_size // 2)

    def forward(self, x: Tensor) -> Tensor:
        """Weigh the channels, then the pixels of ``x``."""
        gate = self.channel_mlp(x.mean((2, 3))) + self.channel_mlp(
            x.amax((2, 3)))
        x = x * gate.sigmoid()[..., None, None]
        pooled = torch.cat([x.mean(1, True), x.amax(1, True)], dim=1)
        return x * self.spatial_conv(pooled).sigmoid()


def cbam_norm_act(channels: int,
                  norm_cfg: dict,
                  act_cfg: dict | None = None) -> nn.Sequential:
    """CBAM, norm and (with ``act_cfg``) activation, the block of the CFM."""
    block = [CBAM(channels), build_norm_layer(norm_cfg, channels)[1]]
    if act_cfg is not None:
        block.append(build_activation_layer(act_cfg))
    return nn.Sequential(*block)
