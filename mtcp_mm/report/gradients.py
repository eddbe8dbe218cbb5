# Copyright (c) mtcp_mm authors. All rights reserved.
"""How strongly the parts of a model are pulled by the losses."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class PartGradient:
    """Gradients of the parameters of one part.

    Attributes:
        parameters (int): Their number.
        norms (dict[str, float]): Norm of the gradient of every loss, over
            the norm of the parameters themselves.
    """

    parameters: int
    norms: dict[str, float]


def part_gradients(model: nn.Module, losses: Mapping[str, Tensor],
                   parts: Sequence[str]) -> dict[str, PartGradient]:
    """Gradients of some losses with respect to some parts.

    Args:
        model (nn.Module): The model.
        losses (Mapping[str, Tensor]): Scalars of one graph.
        parts (Sequence[str]): Names of submodules.

    Returns:
        dict[str, PartGradient]: By the name of the part; parts without
        parameters to train are left out.
    """
    found = {}
    for part in parts:
        module = model.get_submodule(part)
        params = [p for p in module.parameters() if p.requires_grad]
        if not params:
            continue
        size = torch.cat([p.detach().flatten() for p in params]).norm()
        norms = {}
        for name, loss in losses.items():
            grads = torch.autograd.grad(
                loss, params, retain_graph=True, allow_unused=True)
            squares = [g.square().sum() for g in grads if g is not None]
            norms[name] = float(sum(squares))**.5 / float(size)
        found[part] = PartGradient(sum(p.numel() for p in params), norms)
    return found
