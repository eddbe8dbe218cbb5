# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from ..layers import SpatialRefinementModule, resize_to


class TraceBack(BaseModule):
    """SRM chain of one task along the stages of its decoder.

    Every stage gives logits; those of the last one are final (MT-CP,
    Sec. 3.4, which calls the way "bottom-up" and names no order).

    Args:
        channels (int): Channels of the traced map and of the features that
            the logits are predicted from.
        stage_channels (Sequence[int]): Channels of the decoder stages,
            finest first.
        out_channels (int): Channels of the logits.
        norm_cfg (dict): Norm of the SRMs.
        shortcut (bool): Add the traced map, as it came in, to the feature of
            the final logits (ours, docs/diagnosis.md). Defaults to False.
        coarse_first (bool): False walks from the finest stage to the
            coarsest, where the final logits then are. Defaults to True.

    Shape:
        - traced: (N, channels, H, W)
        - stages: (N, stage_channels[i], H_i, W_i), finest first
        - output: per stage (N, out_channels, H_i, W_i), in the order of the
          walk
    """

    def __init__(self,
                 channels: int,
                 stage_channels: Sequence[int],
                 out_channels: int,
                 norm_cfg: dict,
                 shortcut: bool = False,
                 coarse_first: bool = True,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.shortcut = shortcut
        self.walk = list(range(len(stage_channels)))
        if coarse_first:
            self.walk.reverse()
        self.refinements = ModuleList()
        self.predictors = ModuleList()
        traced_channels = channels
        for i in self.walk:
            self.refinements.append(
                SpatialRefinementModule(
                    traced_channels,
                    stage_channels[i],
                    channels,
                    trace_on=i != self.walk[-1],
                    norm_cfg=norm_cfg))
            self.predictors.append(nn.Conv2d(channels, out_channels, 1))
            traced_channels = stage_channels[i]

    def forward(self, traced: Tensor,
                stages: Sequence[Tensor]) -> list[Tensor]:
        """Trace back; see the class for shapes."""
        logits, fused = [], traced
        for refine, predict, i in zip(self.refinements, self.predictors,
                                      self.walk):
            feature, traced = refine(traced, stages[i])
            if self.shortcut and traced is None:
                feature = feature + resize_to(fused, feature.shape[-2:])
            logits.append(predict(feature))
        return logits
