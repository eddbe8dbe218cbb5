# Copyright (c) mtcp_mm authors. All rights reserved.
import math
from collections.abc import Mapping, Sequence
from typing import Any

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
        parts (Sequence[dict]): Equal keys; tensors of any shape. An empty
            dict stands for an image without label.

    Returns:
        dict[str, Tensor]: float64 and int64 tensors; empty if no image had a
        label.
    """
    parts = [part for part in parts if part]
    if not parts:
        return {}
    total = {}
    for key, first in parts[0].items():
        if first.is_floating_point():
            columns = zip(*(part[key].flatten().tolist() for part in parts))
            values = [math.fsum(column) for column in columns]
            total[key] = torch.tensor(
                values, dtype=torch.float64).reshape(first.shape)
        else:
            total[key] = torch.zeros_like(first, dtype=torch.int64)
            for part in parts:
                total[key] += part[key]
    return total


def image_means(sums: dict[str, Tensor]) -> dict[str, Tensor]:
    """Let an image count as one, however many pixels it has.

    Args:
        sums (dict[str, Tensor]): Sums over the pixels of one image, and
            their int64 ``count``.

    Returns:
        dict[str, Tensor]: float64 means over the pixels, ``count`` = 1.
        Empty if no pixel counts.
    """
    count = sums['count']
    if not count:
        return {}
    means = {k: v.double() / count for k, v in sums.items()}
    return dict(means, count=count.new_ones(()))


def find_protocol(table: Mapping[str, Any], name: str) -> Any:
    """Entry of a table of protocols.

    Raises:
        ValueError: There is none of this name; the message lists the names.
    """
    if name not in table:
        raise ValueError(f'There is no protocol {name!r}, only {list(table)}.')
    return table[name]


def ratio(numerator: Tensor, denominator: Tensor) -> float:
    """Quotient of two sums, NaN for an empty denominator."""
    return float(numerator) / float(denominator) if denominator else math.nan
