# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mmengine.model import ModuleDict
from mmseg.models.backbones.resnet import Bottleneck
from torch import Tensor

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import Features, ModelOutput, Stage
from ..layers import HighResolutionFuse, TaskDistillation
from .base import MultiTaskHead, Widths
from .feature_input import build_input, project, widths_of
from .refined_prediction import RefinedPrediction


@MODELS.register_module()
class PADNetHead(MultiTaskHead):
    """PAD-Net: initial predictions, distilled into each other (CVPR 2018).

    The maps of the encoder become one. Every task makes an initial prediction
    from it, takes from the features behind those of all others
    (:class:`TaskDistillation`), and makes its final one. Built as in the code
    of MTI-Net (docs/methods.md).

    A task that only helps sends, but does not receive: its initial logits,
    the stage ``helper``, are all that it has.

    Args:
        task_channels (Mapping[str, int]): Logit channels per task.
        in_channels (int | Sequence[int] | Mapping, optional): Channels of the
            maps, finest first. None: the estimator asks the encoder.
        channels (int): Width of the tasks, a multiple of 4. Defaults to 256.
        gate (str): See :class:`TaskDistillation`. Defaults to 'source'.
        norm_cfg (dict): Defaults to BN.
        **kwargs: See :class:`MultiTaskHead`.

    Shape:
        - feats: maps of the encoder, finest first, (N, C, H, W)
        - output: per task ``final`` and a stage ``initial``, at the stride
          of the finest map

    Raises:
        ValueError: ``channels`` or ``gate`` is no such value.
    """

    def __init__(self,
                 task_channels: Mapping[str, int],
                 in_channels: Widths | None = None,
                 channels: int = 256,
                 gate: str = 'source',
                 norm_cfg: dict = dict(type='BN'),
                 **kwargs) -> None:
        super().__init__(task_channels, **kwargs)
        widths = widths_of(in_channels, task_channels)
        receivers = [t for t in task_channels if t not in self.helpers]
        self.fuse = build_input(
            in_channels, lambda w: HighResolutionFuse(w, norm_cfg=norm_cfg))
        self.initial = ModuleDict({
            task: RefinedPrediction(Bottleneck, sum(widths[task]), channels,
                                    out_channels, norm_cfg)
            for task, out_channels in task_channels.items()
        })
        self.distil = TaskDistillation(
            channels, receivers, list(task_channels), gate)
        self.final = ModuleDict({
            task: RefinedPrediction(Bottleneck, channels, channels,
                                    task_channels[task], norm_cfg)
            for task in receivers
        })

    def forward(self, feats: Features | Sequence[Tensor] | Tensor
                ) -> ModelOutput:
        """See :class:`MultiTaskHead`."""
        maps = project(self.fuse, Features.wrap(feats),
                       list(self.task_channels))
        logits = {}
        for task, predict in self.initial.items():
            maps[task], logits[task] = predict(maps[task])
        outputs = {
            task: self.task_output(task, x)
            for task, x in logits.items()
        }
        for task, x in self.distil(maps).items():
            outputs[task] = self.task_output(
                task, self.final[task](x)[1],
                dict(initial=Stage(logits[task])))
        return ModelOutput(outputs)
