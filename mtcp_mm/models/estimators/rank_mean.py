# Copyright (c) mtcp_mm authors. All rights reserved.
"""Losses over several ranks.

DDP averages gradients over all ranks. A rank that saw few labels of a task,
or none, would count as much as any other, so that a task would learn the
slower the rarer its labels are. And log(1 + L) of a rank's own mean is not
that of the batch. Both are mended where the losses are made.
"""
from collections.abc import Sequence

import torch
from mmengine.dist import all_reduce, get_world_size
from torch import Tensor


def mean_over_ranks(losses: Sequence[Tensor],
                    counts: Sequence[int]) -> list[Tensor | None]:
    """Give every loss the value that the batches of all ranks have together.

    Its gradient is scaled such that the mean over ranks, which DDP takes, is
    the gradient of that value. One collective; every rank has to call, with
    the same losses in the same order.

    Args:
        losses (Sequence[Tensor]): Scalars of this rank; where a count is 0,
            a zero with a graph.
        counts (Sequence[int]): What each of them is the mean of: labelled
            images of this rank.

    Returns:
        list[Tensor | None]: Scalars, the same tensors on a single rank; None
        for a loss that no rank has a label of.
    """
    world_size = get_world_size()
    if world_size == 1 or not losses:
        return [x if n else None for x, n in zip(losses, counts)]
    values = torch.stack([loss.detach().double() for loss in losses])
    own = values.new_tensor(counts)
    table = torch.stack([own, own * values])
    all_reduce(table)
    total = table[0].clamp(min=1)
    means, factors = table[1] / total, world_size * own / total
    factors[own == 0] = 1.  # of zeros
    return [
        (mean + factor * (loss - loss.detach())).to(loss.dtype)
        if n else None for loss, mean, factor, n in zip(
            losses, means, factors, table[0].tolist())
    ]
