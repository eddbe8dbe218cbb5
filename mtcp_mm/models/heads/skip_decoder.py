# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from ..layers import ASPP


class SkipDecoder(BaseModule):
    """Decoder of one task in DenseMTL, which runs stage by stage.

    A stage is a convolution (an :class:`ASPP` in the coarsest one), nearest
    upsampling to the next finer map of the encoder, which is concatenated,
    and another convolution. Where no finer map is left, a stage doubles the
    size until that of the image is reached. Convolutions are 3x3 with ELU,
    borders are mirrored, there is no norm.

    Args:
        in_channels (Sequence[int]): Channels of the maps, finest first.
        channels (Sequence[int]): Widths of the stages, finest first.
        stride (int): Stride of the finest map. 1: no stage doubles.
        aspp (dict): Options of :class:`ASPP`.

    Shape:
        - x: output of the stage before, in the coarsest the coarsest map
        - maps: tuple of (N, in_channels[i], H_i, W_i), finest first, at
          least 2x2
        - output: (N, channels[stage], h, w)

    Raises:
        ValueError: More maps than stages have a use for.
    """

    def __init__(self,
                 in_channels: Sequence[int],
                 channels: Sequence[int],
                 stride: int,
                 aspp: dict,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        #: Number of stages, the finest ones, for which no map is left.
        self.without_skip = len(channels) - len(in_channels) + 1
        if self.without_skip < 0:
            raise ValueError(
                f'{len(in_channels)} maps of the encoder need at least '
                f'{len(in_channels) - 1} stages, but `channels` has the '
                f'widths of {len(channels)}: {tuple(channels)}. Give more, or '
                'fewer maps (`out_indices` of the backbone).')
        self.keeps = self.without_skip - (stride - 1).bit_length()
        self.enter, self.conv = ModuleList(), ModuleList()
        before = [*channels[1:], in_channels[-1]]
        for i, width in enumerate(channels):
            skip = i - self.without_skip
            skip = in_channels[skip] if skip >= 0 else 0
            last = i == len(channels) - 1
            self.enter.append(
                ASPP(before[i], width, **aspp) if last else
                _conv(before[i], width))
            self.conv.append(_conv(width + skip, width))

    def forward(self, stage: int, x: Tensor,
                maps: Sequence[Tensor]) -> Tensor:
        """Run a stage, counted from the finest; see the class for shapes."""
        x, skip = self.enter[stage](x), stage - self.without_skip
        if skip >= 0:
            x = F.interpolate(x, size=maps[skip].shape[-2:])  # nearest
            x = torch.cat([x, maps[skip]], dim=1)
        elif stage >= self.keeps:
            x = F.interpolate(x, scale_factor=2)
        return self.conv[stage](x)


def _conv(in_channels: int, out_channels: int) -> nn.Module:
    # Not mmcv's ConvModule: where nothing is normalised, its initialisation
    # makes maps larger from stage to stage, torch's does not.
    return nn.Sequential(
        nn.Conv2d(
            in_channels, out_channels, 3, padding=1, padding_mode='reflect'),
        nn.ELU(inplace=True))
