# Copyright (c) mtcp_mm authors. All rights reserved.
"""Where the pixels of a coherence fusion look."""
from collections.abc import Callable

import torch
from torch import Tensor, nn

from mtcp_mm.models.layers import CoherenceFusionModule


def attention_statistics(query: Tensor, key: Tensor, value: Tensor,
                         scale: float = 1.) -> dict[str, float]:
    """Numbers on ``softmax(scale * query^T key) value`` over all pixels.

    Args:
        query (Tensor): Shape (N, C, H, W).
        key (Tensor): Shape (N, C, H, W).
        value (Tensor): Shape (N, D, H, W).
        scale (float): Of the scores. Defaults to 1.

    Returns:
        dict[str, float]: Means over the images:

        - ``keys``: pixels that a query looks at, exp of the entropy, 1..HW;
        - ``used``: pixels that all queries together look at, the same of the
          mean attention, 1..HW;
        - ``distance``: between a query and where it looks, in pixels of the
          map, over that of a uniform attention; 0: at itself;
        - ``moved``: share of the variance over pixels that the map had and
          has no more at its place, 1 - r^2 of value and result; 0: the result
          is the value, up to a factor, 1: nothing at its place is left.
    """
    height, width = query.shape[-2:]
    grid = torch.cartesian_prod(
        torch.arange(height), torch.arange(width)).to(query)
    apart = torch.cdist(grid, grid)
    sums = dict.fromkeys(('keys', 'used', 'distance', 'moved'), 0.)
    for q, k, v in zip(query.flatten(2), key.flatten(2), value.flatten(2)):
        attention = (scale * q.T @ k).softmax(dim=-1)
        sums['keys'] += _entropy(attention).mean().exp().item()
        sums['used'] += _entropy(attention.mean(0)).exp().item()
        looks = (attention * apart).sum(-1).mean() / apart.mean()
        sums['distance'] += looks.item()
        sums['moved'] += 1 - _explained(v, v @ attention.T)
    return {name: total / len(query) for name, total in sums.items()}


def fusion_statistics(model: nn.Module, forward: Callable[[], object]
                      ) -> dict[str, dict[str, float]]:
    """Statistics of every CFM in one forward.

    Args:
        model (nn.Module): With :class:`CoherenceFusionModule` in it.
        forward (Callable): Runs the model once.

    Returns:
        dict[str, dict[str, float]]: :func:`attention_statistics` by the name
        of the module.

    Raises:
        ValueError: The model has no CFM.
    """
    fusions = {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, CoherenceFusionModule)
    }
    if not fusions:
        raise ValueError('the model has no CoherenceFusionModule, whose '
                         'attention is measured here')
    seen = {}

    def keep(name: str, part: str) -> Callable:
        return lambda module, args, out: seen.setdefault(
            name, {}).update({part: out.detach()})

    handles = [
        getattr(fusion, part).register_forward_hook(keep(name, part))
        for name, fusion in fusions.items()
        for part in ('theta', 'phi', 'main_branch')
    ]
    try:
        forward()
    finally:
        for handle in handles:
            handle.remove()
    return {
        name: attention_statistics(
            maps['theta'], maps['phi'], maps['main_branch'],
            fusions[name].scale)
        for name, maps in seen.items()
    }


def _entropy(shares: Tensor) -> Tensor:
    return torch.special.entr(shares).sum(-1)


def _explained(before: Tensor, after: Tensor) -> float:
    """r^2 over pixels and channels (D, HW), channels without their means."""
    a, b = (x - x.mean(1, keepdim=True) for x in (before, after))
    norms = a.square().sum() * b.square().sum()
    return ((a * b).sum().square() / norms.clamp(min=1e-12)).item()
