# Copyright (c) mtcp_mm authors. All rights reserved.
"""Depth errors under the rules that are in use for NYUD-v2.

The code bases disagree on which pixels count and on what is averaged;
:data:`PROTOCOLS` has their rules by name.
"""
import math
from dataclasses import dataclass

from torch import Tensor

from .common import check_same_shape, find_protocol, ratio

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
    """Which pixels count, and what is averaged.

    Attributes:
        max_depth (float): Metres; only labels in [:data:`NEAREST`, max_depth)
            count.
        per_image (bool): Scores are those of images, averaged over the
            images; otherwise those of all pixels of the set.
        note (str): One line for tables.
    """
    max_depth: float = math.inf
    per_image: bool = False
    note: str = ''


#: - ``pooled``: MTI-Net, ATRC, DeMT and InvPT.
#: - ``mtcp``: MTFormer and MT-CP, whose far pixels do not count.
#: - ``range``: TaskPrompter, MLoRE, TaskDiffusion, MTDP, SAK and PRISM.
#: - ``per_image``: ASTMT (which has the median of the images' rmse_log).
PROTOCOLS = dict(
    pooled=DepthProtocol(note='all pixels with gt > 0, pooled'),
    mtcp=DepthProtocol(
        max_depth=65535 * .01 * .01,
        note='pixels with 0 < gt < 6.5535 m, pooled'),
    range=DepthProtocol(
        max_depth=80., note='pixels with 0 < gt < 80 m, pooled'),
    per_image=DepthProtocol(
        per_image=True, note='gt > 0, mean of the scores of the images'))


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
        ratio take a ``p <= 0`` for :data:`FLOOR`. With ``per_image`` instead
        int64 ``count`` = 1 and the scores of the image as float64 scalars,
        empty if no pixel counts.

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
    valid = (target >= NEAREST) & (target < rule.max_depth)
    target, pred = target[valid].double(), pred[valid].double()
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
    if not rule.per_image:
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
    if find_protocol(PROTOCOLS, protocol).per_image:
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
