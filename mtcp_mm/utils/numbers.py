# Copyright (c) mtcp_mm authors. All rights reserved.
"""Numbers that are not numbers: NaN and infinity."""
from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor


class NumbersError(ValueError):
    """A loss, a weight or a prediction is not finite."""


def all_finite(tensors: Sequence[Tensor]) -> bool:
    """Whether no tensor of floats holds a NaN or an infinity.

    One pass and one wait for the device; a second pass only if a norm is not
    finite, which that of very large numbers is not, either.
    """
    if not tensors:
        return True
    norms = torch._foreach_norm(list(tensors))
    return (bool(torch.stack([n.to(norms[0]) for n in norms]).isfinite().all())
            or all(bool(x.isfinite().all()) for x in tensors))


def broken_weights(state: Mapping[str, Tensor],
                   parameters: Collection[str]) -> list[str]:
    """Keys of a state dict that nobody should save or use.

    Args:
        state (Mapping[str, Tensor]): Of a model.
        parameters (Collection[str]): Keys that have to be finite; of the
            others, which are buffers, only NaN is wrong.
    """
    floats = {
        k: v for k, v in state.items()
        if isinstance(v, Tensor) and v.is_floating_point()
    }
    if all_finite(list(floats.values())):
        return []
    return [
        k for k, v in floats.items()
        if (~v.isfinite() if k in parameters else v.isnan()).any()
    ]
