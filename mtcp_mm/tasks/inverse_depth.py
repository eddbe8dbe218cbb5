# Copyright (c) mtcp_mm authors. All rights reserved.
from torch import Tensor

#: The farthest depth of a 16-bit file in centimetres, m.
FARTHEST = 655.35


def to_inverse(depth: Tensor, nearest: float = 65536.) -> Tensor:
    """Inverse depth as DenseMTL trains it: nearest / (100 m + 1).

    Args:
        depth (Tensor): Metres >= 0, any shape.
        nearest (float): What a depth of 0 becomes, > 0.
    """
    return nearest / (100 * depth + 1)


def to_metres(inverse: Tensor, nearest: float = 65536.) -> Tensor:
    """Depth of an inverse depth, the inverse of :func:`to_inverse`.

    Args:
        inverse (Tensor): Any shape. What is too small, or negative, means
            :data:`FARTHEST`; what is above ``nearest`` means 0.
        nearest (float): See :func:`to_inverse`.
    """
    inverse = inverse.clamp(nearest / (100 * FARTHEST + 1), nearest)
    return (nearest / inverse - 1) / 100
