# Copyright (c) mtcp_mm authors. All rights reserved.
"""Depth errors under the rules that are in use.

The code bases disagree on which pixels count and on what is averaged;
:data:`PROTOCOLS` has their rules by name.
"""
import math
from dataclasses import dataclass, replace

from torch import Tensor

from .common import check_same_shape, find_protocol, image_means, ratio

#: Limits of the accuracies delta1..3.
DELTAS = (1.25, 1.25**2, 1.25**3)
#: Metres: what a prediction <= 0 counts as where its logarithm or its ratio
#: to the label is taken, as in ASTMT and MTI-Net.
FLOOR = 1e-9
#: Metres: a smaller label is no measurement, it counts as missing. One pixel
#: of 1e-40 m would make every relative error its own.
NEAREST = 1e-3


@dataclass(frozen=True)
class DepthProtocol:
    """Which pixels count, what is compared, and what is averaged.

    Attributes:
        max_depth (float): Metres; only labels in [:data:`NEAREST`, max_depth)
            count.
        clamp (bool): Predictions are brought into [:data:`NEAREST`,
            max_depth].
        median (bool): Before that, the prediction of an image is multiplied
            by the quotient of the medians of label and prediction over the
            pixels that count (of an even number the lower of the two in the
            middle).
        shift (float): Metres that are taken off label and prediction before
            anything else.
        average (str): 'pixels': scores are those of all pixels of the set;
            'images': those of images, averaged; 'errors': errors are
            averaged over an image, then over the images, and the root of
            rmse and rmse_log is taken last.
        note (str): One line for tables.
    """
    max_depth: float = math.inf
    clamp: bool = False
    median: bool = False
    shift: float = 0.
    average: str = 'pixels'
    note: str = ''


_CLAMPED = DepthProtocol(
    max_depth=80.,
    clamp=True,
    note='1e-3 <= gt < 80 m, prediction clamped to it, pooled')
_CLAMPED_IMAGES = replace(
    _CLAMPED,
    average='errors',
    note='as clamped, images weigh the same, root taken last')
#: - ``pooled``: MTI-Net, ATRC, DeMT and InvPT.
#: - ``mtcp``: MTFormer and MT-CP, whose far pixels do not count.
#: - ``range``: TaskPrompter, MLoRE, TaskDiffusion, MTDP, SAK and PRISM.
#: - ``per_image``: ASTMT (which has the median of the images' rmse_log).
#: - ``clamped_images``: what DenseMTL means; ``clamped`` completes it.
#: - ``median_scaled``: DenseMTL's where depth is learned without labels.
#: - ``densemtl``: its code, whose metres are 0.99 m too few.
PROTOCOLS = dict(
    pooled=DepthProtocol(note='all pixels with gt > 0, pooled'),
    mtcp=DepthProtocol(
        max_depth=65535 * .01 * .01,
        note='pixels with 0 < gt < 6.5535 m, pooled'),
    range=DepthProtocol(
        max_depth=80., note='pixels with 0 < gt < 80 m, pooled'),
    per_image=DepthProtocol(
        average='images', note='gt > 0, mean of the scores of the images'),
    clamped=_CLAMPED,
    clamped_images=_CLAMPED_IMAGES,
    median_scaled=replace(
        _CLAMPED_IMAGES,
        median=True,
        note='as clamped_images, prediction scaled to the median of gt'),
    densemtl=replace(
        _CLAMPED_IMAGES,
        shift=.99,
        note='as clamped_images, gt and prediction 0.99 m too near'))


def depth_sums(pred: Tensor,
               target: Tensor,
               protocol: str = 'pooled') -> dict[str, Tensor]:
    """Sums of the depth errors of one image.

    Args:
        pred (Tensor): Metres, any shape.
        target (Tensor): Metres, same shape; below :data:`NEAREST` =
            missing.
        protocol (str): Key of :data:`PROTOCOLS`. Defaults to 'pooled'.

    Returns:
        dict[str, Tensor]: int64 ``count`` of the pixels that count, float64
        scalars ``abs`` (m), ``square`` (m^2), ``relative``,
        ``square_relative`` (m) and ``square_log``: sums of ``|p - t|``,
        ``(p - t)^2``, ``|p - t| / t``, ``(p - t)^2 / t`` and
        ``ln(p / t)^2``; int64 counters ``within`` (pixels with
        ``max(p / t, t / p)`` below each of :data:`DELTAS`). Logarithm and
        ratio take a ``p <= 0`` for :data:`FLOOR`. Where 'errors' are averaged
        over images, these are means, float64, and ``count`` is 1; where
        'images' are, it is 1 and the others are the scores of the image as
        float64 scalars. Both are empty if no pixel counts.

    Raises:
        ValueError: Shapes differ, or there is no such protocol.

    Examples:
        Errors of 0.5 m and 2 m; the second pixel is too far for 'mtcp':

        >>> import torch
        >>> pred, target = torch.tensor([1.5, 10.]), torch.tensor([1., 8.])
        >>> depth_scores(depth_sums(pred, target))['mae']
        1.25
        >>> depth_scores(depth_sums(pred, target, 'mtcp'))['mae']
        0.5
    """
    check_same_shape(pred, target)
    rule = find_protocol(PROTOCOLS, protocol)
    if rule.shift:
        target = target.double() - rule.shift
        pred = pred.double() - rule.shift
    valid = (target >= NEAREST) & (target < rule.max_depth)
    target, pred = target[valid].double(), pred[valid].double()
    if rule.median and len(pred):
        pred = pred * target.median() / pred.nanmedian().clamp(min=FLOOR)
    if rule.clamp:
        pred = pred.clamp(NEAREST, rule.max_depth)
    error = (pred - target).abs()
    quotient = pred.clamp(min=FLOOR) / target
    factor = quotient.maximum(1 / quotient)
    limits = factor.new_tensor(DELTAS)[:, None]
    sums = dict(
        count=valid.sum(),
        abs=error.sum(),
        square=error.square().sum(),
        relative=(error / target).sum(),
        square_relative=(error.square() / target).sum(),
        square_log=quotient.log().square().sum(),
        within=(factor < limits).sum(dim=1))
    if rule.average == 'errors':
        return image_means(sums)
    if rule.average == 'pixels':
        return sums
    if not sums['count']:
        return {}
    scores = {k: target.new_tensor(v) for k, v in depth_scores(sums).items()}
    return dict(scores, count=valid.any().long())


def depth_scores(sums: dict[str, Tensor],
                 protocol: str = 'pooled') -> dict[str, float]:
    """Scores of a whole set.

    Args:
        sums (dict[str, Tensor]): Added :func:`depth_sums`.
        protocol (str): The one of the sums. Defaults to 'pooled'.

    Returns:
        dict[str, float]: ``rmse``, ``mae`` and ``sq_rel`` in metres,
        ``rmse_log`` (natural logarithm) and ``abs_rel`` without unit,
        ``delta1`` to ``delta3`` as fractions of the pixels. NaN without any
        pixel that counts.
    """
    if find_protocol(PROTOCOLS, protocol).average == 'images':
        return {
            key: ratio(value, sums['count'])
            for key, value in sums.items() if key != 'count'
        }
    mean = {k: ratio(v, sums['count'])
            for k, v in sums.items() if k != 'within'}
    within = [ratio(v, sums['count']) for v in sums['within']]
    return dict(
        rmse=math.sqrt(mean['square']),
        mae=mean['abs'],
        abs_rel=mean['relative'],
        sq_rel=mean['square_relative'],
        rmse_log=math.sqrt(mean['square_log']),
        delta1=within[0],
        delta2=within[1],
        delta3=within[2])
