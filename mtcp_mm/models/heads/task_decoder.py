# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

from mmengine.model import BaseModule
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from ..layers import DynamicFPN, HFPEncoder


class TaskDecoder(BaseModule):
    """Decoder of one task: HFP, then DFPN (MT-CP, Sec. 3.2).

    Args:
        channels (int): Channels of input and output.
        hfp (dict, optional): Arguments of :class:`HFPEncoder`.
        fpn (dict): Module that merges the pyramid of the HFP. Defaults to
            :class:`DynamicFPN`.

    Shape:
        - input: (N, channels, H, W)
        - output: the map (N, channels, H, W), and the pyramid of the HFP
    """

    def __init__(
        self,
        channels: int,
        hfp: dict | None = None,
        fpn: dict = dict(type='mtcp_mm.DynamicFPN'),
        init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.hfp = HFPEncoder(channels, **(hfp or {}))
        self.dfpn = MODELS.build(
            fpn,
            default_args=dict(
                in_channels=self.hfp.out_channels, channels=channels))

    def forward(self, x: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Decode; see the class for shapes."""
        pyramid = self.hfp(x)
        return self.dfpn(pyramid), pyramid


class FeatureInput(BaseModule):
    """Bring whatever a backbone or neck gives to one map.

    A pyramid is merged by a :class:`DynamicFPN`, a single map is projected
    if its width differs.

    Args:
        in_channels (int | Sequence[int]): Channels of the map(s), finest
            first.
        channels (int): Channels of the output.

    Shape:
        - feats: (N, C, H, W), or a tuple of maps, finest first
        - output: (N, channels, H_0, W_0)
    """

    def __init__(self,
                 in_channels: int | Sequence[int],
                 channels: int,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        if isinstance(in_channels, int):
            in_channels = [in_channels]
        self.in_channels = tuple(in_channels)
        if len(in_channels) > 1:
            self.merge = DynamicFPN(in_channels, channels)
        elif in_channels[0] != channels:
            self.merge = nn.Conv2d(in_channels[0], channels, 1)
        else:
            self.merge = nn.Identity()

    def forward(self, feats: Tensor | Sequence[Tensor]) -> Tensor:
        """Merge; see the class for shapes."""
        if isinstance(feats, Tensor):
            feats = (feats, )
        found = tuple(x.shape[1] for x in feats)
        if found != self.in_channels:
            raise ValueError('The head was built for maps with '
                             f'`in_channels`={self.in_channels}, but got '
                             f'maps with {found} channels')
        return self.merge(feats if len(feats) > 1 else feats[0])
