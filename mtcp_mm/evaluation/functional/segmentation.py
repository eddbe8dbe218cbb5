# Copyright (c) mtcp_mm authors. All rights reserved.
import torch
from torch import Tensor

from .common import check_same_shape, ratio


def segmentation_sums(pred: Tensor,
                      target: Tensor,
                      num_classes: int,
                      ignore_index: int = 255) -> dict[str, Tensor]:
    """Areas of every class in one image.

    Args:
        pred (Tensor): Class indices, integers, any shape.
        target (Tensor): Class indices, same shape.
        num_classes (int): Number of classes.
        ignore_index (int): Pixels with this target do not count.
            Defaults to 255.

    Returns:
        dict[str, Tensor]: int64 tensors of shape (num_classes, ):
        ``intersect`` (pixels where both agree), ``pred`` and ``label`` (area
        in the prediction and in the ground truth).

    Raises:
        ValueError: Shapes differ, or an index is not in
            [0, ``num_classes``).
    """
    check_same_shape(pred, target)
    valid = target != ignore_index
    pred, target = pred[valid].long(), target[valid].long()
    for name, index in (('prediction', pred), ('ground truth', target)):
        bad = index[(index < 0) | (index >= num_classes)]
        if bad.numel():
            raise ValueError(
                f'The {name} holds class {bad[0].item()}, but there are '
                f'{num_classes} classes (0..{num_classes - 1}, '
                f'{ignore_index} = void). Is `num_classes` right?')

    def area(index: Tensor) -> Tensor:
        return torch.bincount(index, minlength=num_classes)

    return dict(
        intersect=area(target[pred == target]),
        pred=area(pred),
        label=area(target))


def segmentation_scores(sums: dict[str, Tensor],
                        absent: str = 'skip') -> dict[str, float | list]:
    """Scores of a whole set, in percent.

    Args:
        sums (dict[str, Tensor]): Added :func:`segmentation_sums`.
        absent (str): What a class without a denominator counts in the means:
            'skip' leaves it out (mmseg), 'zero' counts it as 0 (MTI-Net,
            ATRC, InvPT and their successors). The IoU of a class lacks a
            denominator if neither prediction nor label hold the class, its
            accuracy if the label does not. Defaults to 'skip'.

    Returns:
        dict: ``mIoU``, ``mAcc`` and ``aAcc`` (share of right pixels), NaN
        without any labelled pixel, and per class the lists ``IoU`` and
        ``Acc``, NaN for an absent class.
    """
    if absent not in ('skip', 'zero'):
        raise ValueError(
            f"`absent` must be 'skip' or 'zero', but is {absent!r}.")
    hits = sums['intersect'].double()
    labelled = sums['label'].double()
    iou = 100 * hits / (sums['pred'] + sums['label'] - sums['intersect'])
    acc = 100 * hits / labelled
    scores = {}
    for key, value in dict(mIoU=iou, mAcc=acc).items():
        if absent == 'zero' and labelled.any():
            value = value.nan_to_num(0)
        scores[key] = value.nanmean().item()
    scores['aAcc'] = 100 * ratio(hits.sum(), labelled.sum())
    return dict(scores, IoU=iou.tolist(), Acc=acc.tolist())
