# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from mtcp_mm.registry import MODELS


@MODELS.register_module()
class ConvPredictor(BaseModule):
    """Logits from a feature map by a chain of 1x1 convolutions.

    Args:
        in_channels (int): Channels of the map.
        out_channels (int): Channels of the logits.
        hidden (Sequence[dict]): Arguments of mmcv's ``ConvModule`` for the
            convolutions before the last one, at least ``out_channels``; they
            have no norm unless ``norm_cfg`` is given, and no activation
            unless ``act_cfg`` is. Defaults to none.
        double_after (int, optional): Number of convolutions after which
            height and width are doubled (bilinear, corners aligned), up to
            ``len(hidden) + 1``. Defaults to None, not at all.

    Shape:
        - input: (N, in_channels, H, W)
        - output: (N, out_channels, H, W), or of twice the height and width

    Raises:
        ValueError: ``double_after`` out of its range.
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 hidden: Sequence[dict] = (),
                 double_after: int | None = None,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        if double_after is not None and not 1 <= double_after <= len(
                hidden) + 1:
            raise ValueError('`double_after` counts convolutions, from 1 to '
                             f'{len(hidden) + 1}, but is {double_after}')
        self.double_after = double_after
        self.convs = ModuleList()
        for cfg in hidden:
            cfg = dict(dict(kernel_size=1, norm_cfg=None, act_cfg=None), **cfg)
            self.convs.append(ConvModule(in_channels, **cfg))
            in_channels = cfg['out_channels']
        self.convs.append(nn.Conv2d(in_channels, out_channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Predict; see the class for shapes."""
        for i, conv in enumerate(self.convs, start=1):
            x = conv(x)
            if i == self.double_after:
                x = F.interpolate(
                    x, scale_factor=2, mode='bilinear', align_corners=True)
        return x


def build_predictor(cfg: dict | None, in_channels: int,
                    out_channels: int) -> nn.Module:
    """Build the config of a predictor; None: one 1x1 convolution."""
    if cfg is None:
        return nn.Conv2d(in_channels, out_channels, 1)
    return MODELS.build(
        cfg,
        default_args=dict(in_channels=in_channels, out_channels=out_channels))
