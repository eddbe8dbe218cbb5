# Copyright (c) mtcp_mm authors. All rights reserved.
import math
from collections.abc import Sequence

import torch
from torch import Tensor


def check_same_shape(pred: Tensor, target: Tensor) -> None:
    """A prediction is scored at the size of its label, or not at all.

    Raises:
        ValueError: Shapes differ; the message names both.
    """
    if pred.shape != target.shape:
        raise ValueError(
            f'The prediction is {tuple(pred.shape)}, but the ground truth is '
            f'{tuple(target.shape)}. Both must have the size of the original '
            'image: resize the logits to `ori_shape`, and load the labels '
            'after the `Resize` of the test pipeline.')


def add_sums(parts: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Add the sums of many images.

    Floats are added exactly and rounded once (``math.fsum``), so the result
    does not depend on the order of the images, nor on who held which.

    Args:
        parts (Sequence[dict]): Equal keys; float scalars, or integer tensors
            of any shape. An empty dict stands for an image without label.

    Returns:
        dict[str, Tensor]: float64 scalars and int64 tensors; empty if no
        image had a label.
    """
    parts = [part for part in parts if part]
    if not parts:
        return {}
    total = {}
    for key, first in parts[0].items():
        if first.is_floating_point():
            value = math.fsum(part[key].item() for part in parts)
            total[key] = torch.tensor(value, dtype=torch.float64)
        else:
            total[key] = torch.zeros_like(first, dtype=torch.int64)
            for part in parts:
                total[key] += part[key]
    return total


def ratio(numerator: Tensor, denominator: Tensor) -> float:
    """Quotient of two sums, NaN for an empty denominator."""
    return float(numerator) / float(denominator) if denominator else math.nan
