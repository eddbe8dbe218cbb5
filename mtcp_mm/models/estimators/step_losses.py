# Copyright (c) mtcp_mm authors. All rights reserved.
"""From the output of a head and the labels to the losses of a step."""
from collections.abc import Mapping, Sequence

import torch
from mmseg.structures import SegDataSample
from torch import Tensor, nn

from mtcp_mm.structures import ModelOutput, Stage, StageLoss, TaskLosses
from mtcp_mm.tasks import DenseTask
from mtcp_mm.utils.precision import at_least_float32
from ..layers import resize_to
from .rank_mean import mean_over_ranks


def gather_targets(
        task: DenseTask, data_samples: Sequence[SegDataSample]
) -> tuple[list[int], Tensor | None]:
    """Images with at least one labelled pixel, and their targets.

    Returns:
        tuple: Indices of n images, and (n, C, H, W); None without any.
    """
    rows, targets = [], []
    for i, sample in enumerate(data_samples):
        if task.gt_key in sample:
            rows.append(i)
            targets.append(sample.get(task.gt_key).data)
    if not rows:
        return [], None
    target = torch.stack(targets)
    labelled = task.valid_mask(target).flatten(1).any(1).tolist()
    rows = [i for i, keep in zip(rows, labelled) if keep]
    return rows, target[torch.tensor(labelled, device=target.device)]


def step_losses(output: ModelOutput, tasks: Mapping[str, DenseTask],
                criteria: Mapping[str, nn.Module],
                data_samples: Sequence[SegDataSample]) -> TaskLosses:
    """Losses of a batch, the same on all ranks.

    Args:
        output (ModelOutput): Of the head.
        tasks (Mapping[str, DenseTask]): The tasks.
        criteria (Mapping[str, nn.Module]): The loss of each.
        data_samples (Sequence[SegDataSample]): With ``gt_<task>`` (C, H, W)
            for every task that an image is labelled for.

    Returns:
        TaskLosses: Without the tasks that have no label on any rank.
    """
    places, values, counts = [], [], []
    for name, out in output.tasks.items():
        rows, target = gather_targets(tasks[name], data_samples)
        stages = dict(out.stages)
        if out.final is not None:
            stages = {None: Stage(out.final, weight=out.weight), **stages}
        for key, stage in stages.items():
            places.append((name, key, stage.weight))
            values.append(
                _stage_loss(stage, tasks[name], criteria[name], rows, target))
            counts.append(len(rows))
    for key, value in output.losses.items():
        places.append((None, key, 1.))
        values.append(value)
        counts.append(1)

    losses = TaskLosses({})
    means = mean_over_ranks(values, counts)
    for (task, key, weight), own, mean in zip(places, values, means):
        if mean is None:
            losses.anchor = losses.anchor + own
        elif task is None:
            losses.extra[key] = mean
        elif key is None:
            losses.main[task] = mean
            losses.main_weights[task] = weight
        else:
            losses.stages.setdefault(task, {})[key] = StageLoss(mean, weight)
    return losses


def _stage_loss(stage: Stage, task: DenseTask, criterion: nn.Module,
                rows: Sequence[int], target: Tensor | None) -> Tensor:
    """Loss of some logits; a zero with a graph if no image has a label."""
    if not rows:
        return at_least_float32(stage.logits).sum() * 0.
    logits = at_least_float32(stage.logits[rows])
    if stage.criterion is not None:
        return stage.criterion(logits, target, task.valid_mask(target))
    if stage.shrink_target:
        target = _shrink(target, logits.shape[-2:])
    logits = resize_to(logits, target.shape[-2:])
    return task.loss(criterion, logits, target)


def _shrink(target: Tensor, size: Sequence[int]) -> Tensor:
    """The pixels of a target at the middle of those of a smaller map."""
    # F.interpolate has no nearest mode for whole numbers
    rows, cols = ((torch.arange(n, device=target.device) + .5) * full / n
                  for n, full in zip(size, target.shape[-2:]))
    return target[..., rows.long()[:, None], cols.long()]
