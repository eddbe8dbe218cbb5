# Copyright (c) mtcp_mm authors. All rights reserved.
from mmengine.model import BaseModule
from mmseg.models.utils import ResLayer
from torch import Tensor, nn


class RefinedPrediction(BaseModule):
    """Two residual blocks, and logits of what they give.

    Args:
        block (type): ``BasicBlock`` or ``Bottleneck`` of mmseg. The first
            one projects its input if that has another width.
        in_channels (int): Channels of the input.
        channels (int): Channels of the refined map, a multiple of
            ``block.expansion``.
        out_channels (int): Channels of the logits.
        norm_cfg (dict): Norm of the blocks.

    Shape:
        - x: (N, in_channels, H, W)
        - output: (N, channels, H, W) and (N, out_channels, H, W)

    Raises:
        ValueError: ``channels`` is no such multiple.
    """

    def __init__(self,
                 block: type,
                 in_channels: int,
                 channels: int,
                 out_channels: int,
                 norm_cfg: dict,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        if channels % block.expansion:
            raise ValueError(
                f'`channels` must be a multiple of {block.expansion}, as a '
                f'{block.__name__} has a quarter of them inside, but is '
                f'{channels}')
        self.refine = ResLayer(
            block,
            in_channels,
            channels // block.expansion,
            2,
            norm_cfg=norm_cfg)
        self.predict = nn.Conv2d(channels, out_channels, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Refine and predict; see the class for shapes."""
        x = self.refine(x)
        return x, self.predict(x)
