# Copyright (c) mtcp_mm authors. All rights reserved.
"""Partial labels on several ranks.

DDP averages gradients over all ranks. A rank that saw few labels of a task,
or none, would count as much as any other, so that a task would learn the
slower the rarer its labels are. A factor per rank mends that.
"""
from collections.abc import Sequence

import torch
from mmengine.dist import all_reduce, get_world_size
from torch import Tensor


def rank_factors(counts: Sequence[int],
                 device: torch.device | str = 'cpu') -> Tensor:
    """Share of this rank in the labelled images of each task, times ranks.

    Args:
        counts (Sequence[int]): Labelled images of this rank's batch, per
            task.
        device (torch.device | str): Of the collective and of the result.

    Returns:
        Tensor: float32 factors, same length; all 1 if every rank has as many
        as the others, or on a single rank. Every rank has to call.
    """
    own = torch.tensor(counts, dtype=torch.float32, device=device)
    world_size = get_world_size()
    if world_size == 1:
        return torch.ones_like(own)
    total = own.clone()
    all_reduce(total)
    return world_size * own / total.clamp(min=1)


def scale_gradient(x: Tensor, factor: Tensor | float) -> Tensor:
    """``x`` itself, whose gradient is multiplied by ``factor``."""
    return x.detach() + factor * (x - x.detach())
