# Copyright (c) mtcp_mm authors. All rights reserved.
"""Angular errors of surface normals under the rules that are in use."""
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .common import check_same_shape, find_protocol, image_means, ratio

#: Degrees: the usual limits of a "good" normal.
THRESHOLDS = (11.25, 22.5, 30)
#: Degrees: width of a bin of the histogram behind the median.
BIN = 0.05
NUM_BINS = round(180 / BIN)


@dataclass(frozen=True)
class NormalsProtocol:
    """What happens to a prediction before it is scored, and the averages.

    Attributes:
        truncate (bool): It goes through 8 bits, :func:`truncate_to_uint8`.
        normalise (bool): It is brought to unit length.
        per_image (bool): Angles, their median too, are averaged over an
            image, then over the images, and the root of rmse is taken last;
            otherwise all pixels of the set weigh the same.
        note (str): One line for tables.
    """
    truncate: bool = False
    normalise: bool = True
    per_image: bool = False
    note: str = ''


#: - ``float``: ATRC, DeMT, InvPT, TaskPrompter, MLoRE, TaskDiffusion and
#:   MTMamba.
#: - ``uint8``: MTI-Net and MT-CP: by way of files of 8 bits.
#: - ``densemtl``: DenseMTL, whose outdoor predictions have any length:
#:   ``NormalsTask(unit_length=False)`` keeps it.
PROTOCOLS = dict(
    float=NormalsProtocol(note='predictions as they are'),
    uint8=NormalsProtocol(
        truncate=True,
        note='predictions cut to 8 bits per component, rounding down'),
    densemtl=NormalsProtocol(
        normalise=False,
        per_image=True,
        note='predictions of any length, images weigh the same'))


def truncate_to_uint8(normals: Tensor) -> Tensor:
    """What a picture file of 8 bits keeps of a field of normals.

    MTI-Net and MT-CP write ``(n + 1) * 255 / 2`` to a PNG without rounding
    and read it back: every component loses half a step (1/255) on average.

    Args:
        normals (Tensor): Vectors of any length, shape (3, ...).

    Returns:
        Tensor: float32, same shape, not of unit length.

    Examples:
        >>> truncate_to_uint8(torch.tensor([1., 0., 0.]))
        tensor([ 1.0000, -0.0039, -0.0039])
    """
    unit = F.normalize(normals.float(), dim=0)
    level = ((unit + 1) * 255 / 2).floor().clamp(0, 255)
    return 2 * level / 255 - 1


def angular_error(pred: Tensor,
                  target: Tensor,
                  normalise: bool = True) -> Tensor:
    """Angle between two fields of vectors.

    ``2 atan2(|p - t|, |p + t|)`` of the normalised vectors is exact to
    rounding at every angle, where ``acos(p . t)`` loses half of the digits
    near 0 and 180 degrees.

    Args:
        pred (Tensor): Vectors of any length, shape (3, N). The 0-vector is
            90 degrees away from everything.
        target (Tensor): Vectors, shape (3, N).
        normalise (bool): Without, the formula gets ``pred`` as it is: a
            length other than 1 adds to a small angle, and brings a large one
            nearer to 90 degrees. Defaults to True.

    Returns:
        Tensor: Degrees in [0, 180], float64, shape (N, ).

    Examples:
        >>> angular_error(torch.tensor([[1., 1.], [0., 1.]]),
        ...               torch.tensor([[5., 1.], [0., 0.]]))
        tensor([ 0., 45.], dtype=torch.float64)
    """
    pred = pred.double()
    if normalise:
        pred = F.normalize(pred, dim=0, eps=1e-300)
    target = F.normalize(target.double(), dim=0, eps=1e-300)
    angle = 2 * torch.atan2((pred - target).norm(dim=0),
                            (pred + target).norm(dim=0))
    return torch.rad2deg(angle)


def normals_sums(pred: Tensor,
                 target: Tensor,
                 protocol: str = 'float') -> dict[str, Tensor]:
    """Sums of the angular errors of one image.

    Args:
        pred (Tensor): Vectors of any length, shape (3, H, W).
        target (Tensor): Unit vectors, same shape; 0-vector = missing.
        protocol (str): Key of :data:`PROTOCOLS`. Defaults to 'float'.

    Returns:
        dict[str, Tensor]: int64 ``count`` of the pixels with a label, float64
        scalars ``angle`` (degrees) and ``square`` (degrees^2), int64 counters
        ``within`` (pixels below each of :data:`THRESHOLDS`) and an int32
        histogram ``hist`` over [0, 180] degrees, :data:`BIN` degrees per bin
        (int32 because one is kept per image). With ``per_image`` these are
        means, float64, ``count`` is 1, and ``median`` (of an even number the
        lower of the two in the middle) replaces ``hist``; empty if no pixel
        has a label.

    Raises:
        ValueError: Shapes differ, or there is no such protocol.

    Examples:
        The same vector is 0 degrees away from itself, and more after 8 bits:

        >>> up = torch.tensor([0., 1., 0.]).view(3, 1, 1)
        >>> normals_scores(normals_sums(up, up))['mean']
        0.0
        >>> round(normals_scores(normals_sums(up, up, 'uint8'))['mean'], 4)
        0.3178
    """
    check_same_shape(pred, target)
    rule = find_protocol(PROTOCOLS, protocol)
    if rule.truncate:
        pred = truncate_to_uint8(pred)
    valid = (target != 0).any(dim=0)
    angle = angular_error(pred[:, valid], target[:, valid], rule.normalise)
    limits = angle.new_tensor(THRESHOLDS)
    sums = dict(
        count=valid.sum(),
        angle=angle.sum(),
        square=angle.square().sum(),
        within=(angle < limits[:, None]).sum(dim=1))
    if rule.per_image:
        means = image_means(sums)
        return dict(means, median=angle.median()) if means else {}
    bins = (angle.nan_to_num(180) / BIN).long().clamp(max=NUM_BINS - 1)
    return dict(sums, hist=torch.bincount(bins, minlength=NUM_BINS).int())


def histogram_median(hist: Tensor, width: float = BIN) -> float:
    """Median of the values that a histogram counted.

    The one or two values in the middle are placed inside their bins by
    linear interpolation, so the result is less than one bin (0.05 degrees
    for the normals) away from the median of the values themselves.

    Args:
        hist (Tensor): Counts, shape (num_bins, ); bin i is
            [i * width, (i + 1) * width).
        width (float): Width of a bin. Defaults to :data:`BIN`.

    Returns:
        float: The median, NaN for an empty histogram.

    Examples:
        Values in [0, 1), [1, 2) twice, and [3, 4):

        >>> histogram_median(torch.tensor([1, 2, 0, 1]), width=1.)
        1.5
    """
    cumulated = hist.cumsum(0)
    count = int(cumulated[-1])
    if not count:
        return math.nan

    def value(rank: int) -> float:
        index = int(torch.searchsorted(cumulated, rank, right=True))
        inside = rank - int(cumulated[index] - hist[index])
        return (index + (inside + 0.5) / int(hist[index])) * width

    return (value((count - 1) // 2) + value(count // 2)) / 2


def normals_scores(sums: dict[str, Tensor],
                   protocol: str = 'float') -> dict[str, float]:
    """Scores of a whole set.

    Args:
        sums (dict[str, Tensor]): Added :func:`normals_sums`.
        protocol (str): The one of the sums. Defaults to 'float'.

    Returns:
        dict[str, float]: ``mean``, ``median`` and ``rmse`` of the angle in
        degrees and ``within_<t>``, the percentage of pixels with an angle
        below t degrees, for t in :data:`THRESHOLDS`. All are exact but the
        median of pooled pixels (:func:`histogram_median`: within 0.05
        degrees). NaN without any labelled pixel.
    """
    count = sums['count']
    per_image = find_protocol(PROTOCOLS, protocol).per_image
    scores = dict(
        mean=ratio(sums['angle'], count),
        median=(ratio(sums['median'], count) if per_image else
                histogram_median(sums['hist'])),
        rmse=math.sqrt(ratio(sums['square'], count)))
    for limit, within in zip(THRESHOLDS, sums['within']):
        scores[f'within_{limit:g}'] = 100 * ratio(within, count)
    return scores
