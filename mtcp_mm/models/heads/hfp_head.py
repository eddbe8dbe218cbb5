# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mmengine.model import ModuleDict
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import Features, ModelOutput
from .base import MultiTaskHead, Widths
from .feature_input import MapInput, build_input, project
from .task_decoder import TaskDecoder


@MODELS.register_module()
class HFPHead(MultiTaskHead):
    """A hierarchical transformer decoder per task, and nothing between them.

    MT-CP without CFM and SRM; with one task, its single-task baseline.

    Args:
        task_channels (Mapping[str, int]): Logit channels per task.
        in_channels (int | Sequence[int] | Mapping, optional): Channels of the
            maps, finest first. None: the estimator asks the encoder.
        channels (int): Width of the decoders. Defaults to 256.
        hfp (dict, optional): Arguments of :class:`HFPEncoder`.
        **kwargs: See :class:`MultiTaskHead`.

    Shape:
        - feats: maps of the encoder, finest first
        - output: per task (N, task_channels[task], H, W), at the stride of
          the finest map
    """

    def __init__(self,
                 task_channels: Mapping[str, int],
                 in_channels: Widths | None = None,
                 channels: int = 256,
                 hfp: dict | None = None,
                 **kwargs) -> None:
        super().__init__(task_channels, **kwargs)
        self.input = build_input(in_channels,
                                 lambda widths: MapInput(widths, channels))
        self.decoders = ModuleDict(
            {task: TaskDecoder(channels, hfp)
             for task in task_channels})
        self.predictors = ModuleDict({
            task: nn.Conv2d(channels, out_channels, 1)
            for task, out_channels in task_channels.items()
        })

    def forward(self, feats: Features | Sequence[Tensor] | Tensor
                ) -> ModelOutput:
        """See :class:`MultiTaskHead`."""
        maps = project(self.input, Features.wrap(feats),
                       list(self.task_channels))
        return ModelOutput({
            task: self.task_output(
                task, self.predictors[task](decoder(maps[task])[0]))
            for task, decoder in self.decoders.items()
        })
