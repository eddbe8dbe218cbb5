# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

import torch
from mmengine.model import ModuleDict, ModuleList, Sequential
from mmseg.models.backbones.resnet import BasicBlock
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import Features, ModelOutput, Stage
from ..layers import (
    FeaturePropagation,
    HighResolutionFuse,
    TaskDistillation,
    check_widths,
    resize_to,
)
from .base import MultiTaskHead, Widths
from .feature_input import widths_of
from .refined_prediction import RefinedPrediction


@MODELS.register_module()
class MTINetHead(MultiTaskHead):
    """MTI-Net: tasks distilled into each other at every scale (ECCV 2020).

    From the coarsest map to the finest, every task makes an initial
    prediction, from the map of the encoder and what
    :class:`FeaturePropagation` brings from the scale before. At every scale
    the tasks take from each other (:class:`TaskDistillation`); the final
    prediction of a task fuses what it has at all scales.

    A task that only helps sends, but does not receive: its initial logits
    are all that it has, the finest ones are the stage ``helper``.

    Args:
        task_channels (Mapping[str, int]): Logit channels per task.
        in_channels (Sequence[int] | Mapping, optional): Channels of the maps,
            finest first. None: the estimator asks the encoder.
        channels (int | Sequence[int], optional): Width of a task at each
            scale, finest first, or at all. None: that of the map, of the
            widest where tasks have maps of their own.
        layout (str): See :class:`FeaturePropagation`. Defaults to 'paper'.
        gate (str): See :class:`TaskDistillation`. Defaults to 'source'.
        norm_cfg (dict): Defaults to BN.
        **kwargs: See :class:`MultiTaskHead`.

    Shape:
        - feats: at least two maps of the encoder, finest first, (N, C, H, W)
        - output: per task ``final`` at the stride of the finest map, and the
          stages ``scale<i>`` at that of map i, 0 the finest

    Raises:
        ValueError: A single map, tasks with different numbers of maps, or
            ``channels`` of another number of scales.
    """

    def __init__(self,
                 task_channels: Mapping[str, int],
                 in_channels: Widths | None = None,
                 channels: int | Sequence[int] | None = None,
                 layout: str = 'paper',
                 gate: str = 'source',
                 norm_cfg: dict = dict(type='BN'),
                 **kwargs) -> None:
        super().__init__(task_channels, **kwargs)
        self.in_channels = widths_of(in_channels, task_channels)
        tasks = list(task_channels)
        receivers = [t for t in tasks if t not in self.helpers]
        self.channels = self._scales(channels)
        self.initial, self.distil = ModuleList(), ModuleList()
        self.propagate = ModuleList()
        coarser = (*self.channels[1:], 0)
        for i, width in enumerate(self.channels):
            self.initial.append(ModuleDict({
                task: RefinedPrediction(
                    BasicBlock, self.in_channels[task][i] + coarser[i],
                    width, out_channels, norm_cfg)
                for task, out_channels in task_channels.items()
            }))
            self.distil.append(
                TaskDistillation(width, receivers, tasks, gate))
            if i > 0:
                self.propagate.append(
                    FeaturePropagation(tasks, width, layout, norm_cfg))
        self.final = ModuleDict({
            task: Sequential(
                HighResolutionFuse(self.channels, norm_cfg=norm_cfg),
                nn.Conv2d(sum(self.channels), task_channels[task], 1))
            for task in receivers
        })

    def _scales(self, channels: int | Sequence[int] | None) -> tuple:
        """Width of a task at each scale."""
        counts = {task: len(w) for task, w in self.in_channels.items()}
        if len(set(counts.values())) > 1 or min(counts.values()) < 2:
            raise ValueError(
                'MTINetHead needs two maps or more, as many for every task, '
                f'but `in_channels` has {counts}. See `out_indices` of the '
                'backbone; PADNetHead takes a single map')
        widest = [max(w) for w in zip(*self.in_channels.values())]
        if channels is None:
            return tuple(widest)
        if isinstance(channels, int):
            channels = [channels] * len(widest)
        if len(channels) != len(widest):
            raise ValueError(
                f'`channels` of MTINetHead has the widths {tuple(channels)} '
                f'of {len(channels)} scales, but there are {len(widest)} maps')
        return tuple(channels)

    def forward(self, feats: Features | Sequence[Tensor] | Tensor
                ) -> ModelOutput:
        """See :class:`MultiTaskHead`."""
        feats = Features.wrap(feats)
        for task, widths in self.in_channels.items():
            check_widths(feats.of(task), widths)
        maps, logits = self._predict(feats)
        maps = [distil(found) for distil, found in zip(self.distil, maps)]
        outputs = {}
        for task in self.task_channels:
            stages = {
                f'scale{i}': Stage(found[task])
                for i, found in enumerate(logits)
            }
            if task in self.helpers:
                final = stages.pop('scale0').logits
            else:
                final = self.final[task]([found[task] for found in maps])
            outputs[task] = self.task_output(task, final, stages)
        return ModelOutput(outputs)

    def _predict(self, feats: Features) -> tuple[list[dict], list[dict]]:
        """Refined maps and initial logits by scale and task."""
        maps, logits, brought = [], [], {}
        for i in reversed(range(len(self.channels))):
            maps.insert(0, {})
            logits.insert(0, {})
            for task, predict in self.initial[i].items():
                x = feats.of(task)[i]
                if brought:
                    coarser = resize_to(brought[task], x.shape[-2:])
                    x = torch.cat([x, coarser], dim=1)
                maps[0][task], logits[0][task] = predict(x)
            if i > 0:
                brought = self.propagate[i - 1](maps[0])
        return maps, logits
