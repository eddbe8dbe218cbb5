# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mmengine.model import BaseModule, ModuleDict
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import TaskLogits
from .task_decoder import FeatureInput, TaskDecoder


@MODELS.register_module()
class HFPHead(BaseModule):
    """A hierarchical transformer decoder per task, and nothing between them.

    MT-CP without CFM and SRM; with one task, its single-task baseline.

    Args:
        in_channels (int | Sequence[int]): Channels of the input map, or of a
            pyramid, finest first.
        task_channels (Mapping[str, int]): Logit channels per task.
        channels (int): Width of the decoders. Defaults to 256.
        hfp (dict, optional): Arguments of :class:`HFPEncoder`.

    Shape:
        - feats: (N, C, H, W), or a tuple of maps, finest first
        - output: per task (N, task_channels[task], H, W)
    """

    def __init__(self,
                 in_channels: int | Sequence[int],
                 task_channels: Mapping[str, int],
                 channels: int = 256,
                 hfp: dict | None = None,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.input = FeatureInput(in_channels, channels)
        self.decoders = ModuleDict(
            {task: TaskDecoder(channels, hfp)
             for task in task_channels})
        self.predictors = ModuleDict({
            task: nn.Conv2d(channels, out_channels, 1)
            for task, out_channels in task_channels.items()
        })

    def forward(self, feats: Tensor | Sequence[Tensor]
                ) -> dict[str, TaskLogits]:
        """Decode every task; see the class for shapes."""
        x = self.input(feats)
        return {
            task: TaskLogits(self.predictors[task](decoder(x)[0]))
            for task, decoder in self.decoders.items()
        }
