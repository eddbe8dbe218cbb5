# Copyright (c) mtcp_mm authors. All rights reserved.
"""Saliency: F-measure and IoU at the best threshold.

The literature means three different numbers by "maxF"; :data:`PROTOCOLS` has
them by name. They disagree on what is averaged (pixels of the whole set, or
scores of images), on beta, on the thresholds and on the precision of the map.
"""
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from .common import check_same_shape, find_protocol


def _steps(first: float, step: float, count: int) -> tuple[float, ...]:
    return tuple(round(first + i * step, 6) for i in range(count))


def _truncate(pred: Tensor) -> Tensor:
    """What an 8-bit file keeps of a probability; it rounds down."""
    return (pred * 255).floor() / 255


@dataclass(frozen=True)
class SaliencyProtocol:
    """How a saliency map is scored.

    Attributes:
        thresholds (tuple[float]): Of the probability, ascending.
        beta_squared (float): Weight of the recall in the F-measure.
        inclusive (bool): Whether a pixel at the threshold is salient.
        per_image (bool): Precision and recall are those of images, averaged
            over the images; otherwise those of all pixels of the set.
        prepare (Callable): What happens to the probability before.
        iou (bool): Whether its users report a mean IoU, too.
        note (str): One line for tables.
    """
    thresholds: tuple[float, ...] = _steps(.05, .05, 19)
    beta_squared: float = .3
    inclusive: bool = True
    per_image: bool = False
    prepare: Callable[[Tensor], Tensor] = Tensor.float
    iou: bool = True
    note: str = ''


#: - ``dataset_f03``: ATRC and DeMT; TaskDiffusion, SAK and PRISM.
#: - ``per_image_f1``: ASTMT, MTI-Net, MTFormer and MT-CP: by way of a file of
#:   8 bits.
#: - ``double_sigmoid``: InvPT, TaskPrompter, MLoRE and MTMamba, which squash
#:   the probability once more: of the 19 thresholds, those up to 0.5 let
#:   everything pass, those from 0.75 nothing, and four are left.
PROTOCOLS = dict(
    dataset_f03=SaliencyProtocol(
        note='all pixels pooled, beta^2 = 0.3, thresholds .05 to .95'),
    per_image_f1=SaliencyProtocol(
        thresholds=_steps(.2, .05, 15),
        beta_squared=1.,
        inclusive=False,
        per_image=True,
        prepare=_truncate,
        note='mean precision and recall of the images, beta = 1, 8-bit maps, '
        'thresholds .2 to .9'),
    double_sigmoid=SaliencyProtocol(
        prepare=torch.sigmoid,
        iou=False,
        note='as dataset_f03, but a sigmoid too many: four thresholds'))


def threshold_counts(score: Tensor, salient: Tensor,
                     rule: SaliencyProtocol) -> tuple[Tensor, Tensor]:
    """Pixels that pass each of K thresholds.

    Args:
        score (Tensor): Prepared probabilities, shape (N, ).
        salient (Tensor): Ground truth, bool, shape (N, ).
        rule (SaliencyProtocol): The thresholds.

    Returns:
        tuple[Tensor, Tensor]: int64 (K, ) of the salient pixels that pass,
        and of all pixels that pass.
    """
    limits = score.new_tensor(rule.thresholds)
    passed = torch.bucketize(score, limits, right=rule.inclusive)

    def passing(index: Tensor) -> Tensor:  # 1, 2, ... K thresholds or more
        exactly = torch.bincount(index, minlength=len(limits) + 1)
        return exactly.flip(0).cumsum(0).flip(0)[1:]

    return passing(passed[salient]), passing(passed)


def saliency_sums(pred: Tensor,
                  target: Tensor,
                  protocol: str = 'dataset_f03',
                  ignore_index: int = 255) -> dict[str, Tensor]:
    """Sums of one image.

    Args:
        pred (Tensor): Probabilities, any shape.
        target (Tensor): 1 = salient, 0 = not, same shape.
        protocol (str): Key of :data:`PROTOCOLS`. Defaults to 'dataset_f03'.
        ignore_index (int): Pixels with this target do not count.

    Returns:
        dict[str, Tensor]: int64 ``images`` (1) and ``salient`` (pixels of
        the ground truth); int64 (K, ) ``hits`` and ``marked``
        (pixels above each threshold); float64 (K, ) ``precision`` and
        ``recall`` where the protocol averages over images, and ``iou`` where
        it has one. Empty for an image without labelled pixel.

    Raises:
        ValueError: Shapes differ, the prediction is no probability, or there
            is no such protocol.

    Examples:
        At thresholds up to .4 all three pixels pass, two of them rightly:

        >>> pred, target = torch.tensor([.9, .4, .4]), torch.tensor([1, 1, 0])
        >>> sums = saliency_sums(pred, target, 'per_image_f1')
        >>> round(saliency_scores(sums, 'per_image_f1')['maxF'], 2)  # 2/3, 1
        80.0
        >>> sums = saliency_sums(pred, target)
        >>> round(saliency_scores(sums)['maxF'], 2)  # at .9: precision 1
        81.25
    """
    check_same_shape(pred, target)
    rule = find_protocol(PROTOCOLS, protocol)
    valid = target != ignore_index
    pred, salient = pred[valid].float(), target[valid] == 1
    if not pred.numel():
        return {}
    if not (pred.min() >= 0 and pred.max() <= 1):
        raise ValueError(
            'A saliency map must hold probabilities in [0, 1], but holds '
            f'{pred.min():.4g}..{pred.max():.4g}. Are these logits?')
    hits, marked = threshold_counts(rule.prepare(pred), salient, rule)
    total = salient.sum()
    sums = dict(
        images=torch.ones_like(total),
        salient=total,
        hits=hits,
        marked=marked)
    if rule.per_image:
        sums['precision'] = hits.double() / (marked + 1e-12)
        sums['recall'] = hits.double() / (total + 1e-12)
    if rule.iou:
        union = marked + total - hits
        # nothing there and nothing marked is right
        sums['iou'] = torch.where(union > 0, hits.double() / union, 1.)
    return sums


def saliency_scores(sums: dict[str, Tensor],
                    protocol: str = 'dataset_f03') -> dict[str, float]:
    """Scores of a whole set, in percent.

    Args:
        sums (dict[str, Tensor]): Added :func:`saliency_sums`.
        protocol (str): The one of the sums. Defaults to 'dataset_f03'.

    Returns:
        dict[str, float]: ``maxF``, the best F-measure over thresholds, and,
        where the protocol has it, ``mIoU``, the best mean IoU of the images
        over thresholds. An F-measure without denominator is 0, as all these
        code bases have it.
    """
    rule = find_protocol(PROTOCOLS, protocol)
    if rule.per_image:
        precision = sums['precision'] / sums['images']
        recall = sums['recall'] / sums['images']
    else:
        precision = sums['hits'].double() / sums['marked']
        recall = sums['hits'].double() / sums['salient']
    beta = rule.beta_squared
    f_measure = (1 + beta) * precision * recall / (beta * precision + recall)
    scores = dict(maxF=100 * f_measure.nan_to_num(0).max().item())
    if rule.iou:
        scores['mIoU'] = 100 * (sums['iou'] / sums['images']).max().item()
    return scores
