# Copyright (c) mtcp_mm authors. All rights reserved.
"""Areas of classes, and the scores that follow from them."""
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from .common import check_same_shape, find_protocol, ratio


@dataclass(frozen=True)
class SegmentationProtocol:
    """How a label map gets its size, and what an absent class counts.

    Attributes:
        resize (str): 'logits': the logits are resized to the original size
            and the class is taken there. 'labels': the class is taken at the
            size of the network's input, and the label map resized by nearest
            neighbour.
        absent (str): 'skip' or 'zero', see :func:`segmentation_scores`.
        note (str): One line for tables.
    """
    resize: str = 'logits'
    absent: str = 'skip'
    note: str = ''


#: - ``logits``: mmseg.
#: - ``absent_zero``: ATRC, DeMT, InvPT and their successors.
#: - ``label_nearest``: completes the square, nobody's own.
#: - ``mtcp``: MTI-Net and MT-CP.
PROTOCOLS = dict(
    logits=SegmentationProtocol(
        note='logits resized; classes that do not occur left out'),
    absent_zero=SegmentationProtocol(
        absent='zero', note='logits resized; classes that do not occur are 0'),
    label_nearest=SegmentationProtocol(
        resize='labels',
        note='label map resized; classes that do not occur left out'),
    mtcp=SegmentationProtocol(
        resize='labels',
        absent='zero',
        note='label map resized; classes that do not occur are 0'))


def resize_label_map(labels: Tensor, size: Sequence[int]) -> Tensor:
    """Resize class indices as ``cv2.INTER_NEAREST``, to the pixel.

    Args:
        labels (Tensor): Integers, shape (1, h, w).
        size (Sequence[int]): (H, W).

    Returns:
        Tensor: Same dtype, shape (1, H, W).

    Examples:
        >>> resize_label_map(torch.tensor([[[1, 2]]]), (1, 5))
        tensor([[[1, 1, 1, 2, 2]]])
    """
    # the two roundings of OpenCV; `i * old // n` differs in 4 % of all sizes
    rows, columns = ((torch.arange(n, dtype=torch.float64) * (1 / (n / old))
                      ).long().clamp(max=old - 1).to(labels.device)
                     for n, old in zip(size, labels.shape[-2:]))
    return labels[:, rows[:, None], columns]


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

    Examples:
        Class 1 is hit once, missed once; class 2 does not occur:

        >>> pred, target = torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1])
        >>> sums = segmentation_sums(pred, target, num_classes=3)
        >>> segmentation_scores(sums)['IoU']
        [50.0, 50.0, nan]
        >>> segmentation_scores(sums)['mIoU']
        50.0
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
                        protocol: str = 'logits') -> dict[str, float | list]:
    """Scores of a whole set, in percent.

    Args:
        sums (dict[str, Tensor]): Added :func:`segmentation_sums`.
        protocol (str): Key of :data:`PROTOCOLS`; its ``absent`` says what a
            class without a denominator counts in the means: 'skip' leaves it
            out, 'zero' counts it as 0. The IoU of a class lacks a
            denominator if neither prediction nor label hold the class, its
            accuracy if the label does not. Defaults to 'logits'.

    Returns:
        dict: ``mIoU``, ``mAcc`` and ``aAcc`` (share of right pixels), NaN
        without any labelled pixel, and per class the lists ``IoU`` and
        ``Acc``, NaN for an absent class.
    """
    zero = find_protocol(PROTOCOLS, protocol).absent == 'zero'
    hits = sums['intersect'].double()
    labelled = sums['label'].double()
    iou = 100 * hits / (sums['pred'] + sums['label'] - sums['intersect'])
    acc = 100 * hits / labelled
    scores = {}
    for key, value in dict(mIoU=iou, mAcc=acc).items():
        if zero and labelled.any():
            value = value.nan_to_num(0)
        scores[key] = value.nanmean().item()
    scores['aAcc'] = 100 * ratio(hits.sum(), labelled.sum())
    return dict(scores, IoU=iou.tolist(), Acc=acc.tolist())
