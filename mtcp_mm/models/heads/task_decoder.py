# Copyright (c) mtcp_mm authors. All rights reserved.
from mmengine.model import BaseModule
from torch import Tensor

from ..layers import DynamicFPN, HFPEncoder


class TaskDecoder(BaseModule):
    """Decoder of one task: HFP, then DFPN (MT-CP, Sec. 3.2).

    Args:
        channels (int): Channels of input and output.
        hfp (dict, optional): Arguments of :class:`HFPEncoder`.

    Shape:
        - input: (N, channels, H, W)
        - output: the map (N, channels, H, W), and the pyramid of the HFP
    """

    def __init__(self,
                 channels: int,
                 hfp: dict | None = None,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.hfp = HFPEncoder(channels, **(hfp or {}))
        self.dfpn = DynamicFPN(self.hfp.out_channels, channels)

    def forward(self, x: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Decode; see the class for shapes."""
        pyramid = self.hfp(x)
        return self.dfpn(pyramid), pyramid
