# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import torch
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from mmseg.models.decode_heads.aspp_head import ASPPModule
from torch import Tensor, nn

from mtcp_mm.registry import MODELS


@MODELS.register_module()
class ASPP(BaseModule):
    """Context of several sizes: the branches of mmseg's ``ASPPHead``.

    Dilated convolutions and the mean of the image, concatenated, projected by
    a 1x1 convolution (3x3 in ``ASPPHead``), with dropout.

    Args:
        in_channels (int): Channels of the input.
        channels (int): Channels of every branch and of the output.
        dilations (Sequence[int]): Of the branches; 1 means a 1x1 convolution.
        dropout_ratio (float): Defaults to 0.5.
        norm_cfg (dict): Defaults to BN, which in training needs more than
            one image for the mean of the image.

    Shape:
        - input: (N, in_channels, H, W)
        - output: (N, channels, H, W)
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        dilations: Sequence[int] = (1, 6, 12, 18),
        dropout_ratio: float = 0.5,
        norm_cfg: dict = dict(type='BN'),
        init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.branches = ASPPModule(dilations, in_channels, channels, None,
                                   norm_cfg, dict(type='ReLU'))
        self.image = ConvModule(in_channels, channels, 1, norm_cfg=norm_cfg)
        self.project = ConvModule((len(dilations) + 1) * channels,
                                  channels,
                                  1,
                                  norm_cfg=norm_cfg)
        self.dropout = nn.Dropout(dropout_ratio)

    def forward(self, x: Tensor) -> Tensor:
        """Gather; see the class for shapes."""
        maps = self.branches(x)
        image = self.image(x.mean((2, 3), keepdim=True))
        maps.append(image.expand_as(maps[0]))
        return self.dropout(self.project(torch.cat(maps, dim=1)))
