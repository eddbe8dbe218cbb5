# Copyright (c) mtcp_mm authors. All rights reserved.
import math

from torch import Tensor

from .common import check_same_shape, ratio


def depth_sums(pred: Tensor, target: Tensor) -> dict[str, Tensor]:
    """Sums of the depth errors of one image.

    Args:
        pred (Tensor): Metres, any shape.
        target (Tensor): Metres, same shape; 0 = missing.

    Returns:
        dict[str, Tensor]: int64 ``count`` of the pixels with a label, and
        float64 scalars ``abs`` (m), ``square`` (m^2) and ``relative`` (no
        unit): sums of ``|p - t|``, ``(p - t)^2`` and ``|p - t| / t``.

    Raises:
        ValueError: Shapes differ.
    """
    check_same_shape(pred, target)
    valid = target > 0
    target = target[valid].double()
    error = (pred[valid].double() - target).abs()
    return {
        'count': valid.sum(),
        'abs': error.sum(),
        'square': error.square().sum(),
        'relative': (error / target).sum()
    }


def depth_scores(sums: dict[str, Tensor]) -> dict[str, float]:
    """Scores of a whole set: every pixel weighs the same.

    The mean runs over the pixels of all images, as in the evaluation of
    MTI-Net, ATRC and InvPT, and not over the scores of the images.

    Args:
        sums (dict[str, Tensor]): Added :func:`depth_sums`.

    Returns:
        dict[str, float]: ``rmse`` and ``mae`` in metres, ``abs_rel`` as a
        fraction; NaN without any labelled pixel.
    """
    return dict(
        rmse=math.sqrt(ratio(sums['square'], sums['count'])),
        mae=ratio(sums['abs'], sums['count']),
        abs_rel=ratio(sums['relative'], sums['count']))
