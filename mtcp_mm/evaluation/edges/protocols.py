# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from .suppression import edge_orientation, smooth, suppress_non_maxima

PERCENTS = tuple(i / 100 for i in range(1, 100))


@dataclass(frozen=True)
class EdgeProtocol:
    """How an edge map is scored.

    Attributes:
        thresholds (tuple[float]): Of the probability, ascending.
        inclusive (bool): Whether a pixel at the threshold is an edge.
        nms_radius (int): Of the non-maximum suppression; 0: none.
        presmooth (int): Radius of a blur before that; 0: none.
        eight_bit (bool): Whether the map goes through a file of 8 bits, which
            rounds it down, and, if it is blurred, through a second one after
            the suppression, which rounds to the nearest.
        thin (bool): Whether the map is thinned after each threshold.
        boundary (bool): Whether the label is read as a segmentation whose
            boundaries are the true edges, thinned.
        max_dist (float | None): Tolerance as a share of the image diagonal.
            None: what the data set says, else 0.0075.
        pixelwise (bool): Only the thresholds hold, of map and label as they
            are: a pixel is right where both agree, and the score is the mean
            F-measure of both classes.
        note (str): One line for tables.
    """
    thresholds: tuple[float, ...] = PERCENTS
    inclusive: bool = True
    nms_radius: int = 0
    presmooth: int = 0
    eight_bit: bool = True
    thin: bool = True
    boundary: bool = True
    max_dist: float | None = None
    pixelwise: bool = False
    note: str = ''

    def __post_init__(self) -> None:
        thresholds = tuple(self.thresholds)
        object.__setattr__(self, 'thresholds', thresholds)  # it is frozen
        if not thresholds or list(thresholds) != sorted(set(thresholds)):
            raise ValueError('`thresholds` of an edge protocol must be '
                             f'ascending numbers, but are {thresholds}.')
        if self.max_dist is not None and not 0 < self.max_dist < 1:
            raise ValueError(
                '`max_dist` of an edge protocol is a share of the image '
                f'diagonal such as 0.0075, but is {self.max_dist}.')

    def strengthen(self, prob: np.ndarray) -> np.ndarray:
        """Turn probabilities into what the thresholds are compared with.

        Args:
            prob (np.ndarray): float32 (H, W) in [0, 1].

        Returns:
            np.ndarray: float (H, W).
        """
        if self.eight_bit:
            prob = np.floor(prob * np.float32(255)).astype(float) / 255
        if not self.nms_radius:
            return prob
        prob = prob.astype(np.float32)
        if self.presmooth:
            prob = smooth(prob, self.presmooth)
        kept = suppress_non_maxima(prob, edge_orientation(prob),
                                   self.nms_radius)
        if self.eight_bit and self.presmooth:
            return np.floor(kept * np.float32(255) + .5).astype(float) / 255
        return kept

    def masks(self, strength: np.ndarray) -> Sequence[np.ndarray]:
        """Compare with every threshold, in the precision of the map."""
        limits = np.asarray(self.thresholds, strength.dtype)
        if self.inclusive:
            return [strength >= limit for limit in limits]
        return [strength > limit for limit in limits]


#: - ``bsds_tools``: Boundary-Detection-Evaluation-Tools, used by InvPT,
#:   TaskPrompter, MLoRE, TaskDiffusion, MTMamba; by its README as ATRC.
#: - ``seism``: seism as MTI-Net calls it, with the tolerance of that.
#: - ``seism_nms``: the seism of innovator-zero: MTDP, SAK, PRISM.
#: - ``argmax``: DenseMTL, whose two logits an argmax decides between.
PROTOCOLS = dict(
    bsds_tools=EdgeProtocol(
        thresholds=(.001, *PERCENTS, .999),
        inclusive=False,
        nms_radius=1,
        note='non-maximum suppression of radius 1, 101 thresholds'),
    seism=EdgeProtocol(
        max_dist=.0075,
        note='no non-maximum suppression, 99 thresholds, tolerance 0.0075'),
    seism_nms=EdgeProtocol(
        nms_radius=4,
        presmooth=1,
        note='blur, non-maximum suppression of radius 4, 99 thresholds'),
    argmax=EdgeProtocol(
        thresholds=(.5, ),
        inclusive=False,
        pixelwise=True,
        note='pixel by pixel at 0.5, mean F1 of edge and no edge'))


def make_protocol(base: str = 'bsds_tools', **changes: Any) -> EdgeProtocol:
    """Protocol of your own.

    Args:
        base (str): Key of :data:`PROTOCOLS` to start from, with pairs.
        **changes: Attributes of :class:`EdgeProtocol`, but ``pixelwise``.

    Raises:
        ValueError: There is no such protocol or attribute.
    """
    bases = [name for name, rule in PROTOCOLS.items() if not rule.pixelwise]
    if base not in bases:
        raise ValueError(f'There is no edge protocol {base!r} to change, '
                         f'only {bases}.')
    known = [field.name for field in fields(EdgeProtocol)
             if field.name != 'pixelwise']
    unknown = sorted(set(changes) - set(known))
    if unknown:
        raise ValueError(f'An edge protocol has no {", ".join(unknown)}, only '
                         f'{", ".join(known)}.')
    changes.setdefault('note', f'own, from {base}')
    return replace(PROTOCOLS[base], **changes)
