# Copyright (c) mtcp_mm authors. All rights reserved.
"""Edges: precision and recall with a tolerance, as the BSDS benchmark."""
import numpy as np
import torch
from torch import Tensor

from mtcp_mm.evaluation.edges import (
    PROTOCOLS,
    EdgeProtocol,
    count_edges,
    f_measure,
)
from .common import check_same_shape, find_protocol


def check_edge_map(pred: Tensor, target: Tensor) -> None:
    """Check what the benchmark would score silently.

    Raises:
        ValueError: Shapes differ, or the prediction is no probability.
    """
    check_same_shape(pred, target)
    low, high = pred.min(), pred.max()
    if not (low >= 0 and high <= 1):
        raise ValueError('An edge map must hold probabilities in [0, 1], but '
                         f'holds {low:.4g}..{high:.4g}. Are these logits?')


def edge_sums(pred: Tensor,
              target: Tensor,
              protocol: str | EdgeProtocol = 'bsds_tools',
              ignore_index: int = 255) -> dict[str, Tensor]:
    """Sums of one image.

    At each of the K thresholds of the protocol the map becomes a set of
    edges, thinned, and as many of them as possible are paired one to one with
    true edges within the tolerance
    (:class:`mtcp_mm.evaluation.edges.EdgeMatcher`).

    Args:
        pred (Tensor): Probabilities, shape (1, H, W).
        target (Tensor): 1 = edge, 0 = none, shape (1, H, W).
        protocol (str | EdgeProtocol): Rules, or their name in
            :data:`mtcp_mm.evaluation.edges.PROTOCOLS`. Defaults to
            'bsds_tools'.
        ignore_index (int): Target of a pixel where nothing is known; neither
            true nor predicted edges there count. Defaults to 255.

    Returns:
        dict[str, Tensor]: int64 ``images`` (1), ``target`` (true edge
        pixels), ``marked`` (K, ) (predicted edge pixels), ``matched`` (K, )
        (pairs), and ``best_marked`` and ``best_matched``: the two at the
        threshold, the lowest of several, where this image has its best
        F-measure. Pixel by pixel there are ``pixels`` (labelled ones) instead
        of the best, and a pair is a pixel that is an edge in both. Empty for
        an image without labelled pixel.

    Raises:
        ValueError: Shapes differ, the prediction is no probability, or there
            is no such protocol.

    Examples:
        A line of 20 pixels, predicted one pixel too low, and once more, as
        strongly, four pixels away:

        >>> target, pred = torch.zeros(2, 1, 24, 24)
        >>> target[0, 10, 2:22] = 1
        >>> pred[0, [11, 15], 2:22] = .5
        >>> rule = EdgeProtocol(max_dist=.04, boundary=False)  # 1.36 pixels
        >>> scores = edge_scores(edge_sums(pred, target, rule))
        >>> round(scores['odsF'], 2)  # precision 1/2, recall 1
        66.67
    """
    if isinstance(protocol, str):
        protocol = find_protocol(PROTOCOLS, protocol)
    check_edge_map(pred, target)
    if not (target != ignore_index).any():
        return {}
    counts = count_edges(pred[0].float().cpu().numpy(),
                         target[0].cpu().numpy(), protocol, ignore_index)
    return {k: torch.as_tensor(v).long() for k, v in counts.items()}


def edge_scores(sums: dict[str, Tensor]) -> dict[str, float]:
    """Scores of a whole set, in percent.

    Args:
        sums (dict[str, Tensor]): Added :func:`edge_sums` of one protocol.

    Returns:
        dict[str, float]: ``odsF``, the F-measure of the pooled counts at the
        threshold that is best for the set, and ``oisF``, that of the pooled
        counts when every image has the threshold that is best for it. Pixel
        by pixel ``F1`` instead, the mean F-measure of edge and no edge; a
        class that neither prediction nor label hold is left out.
    """
    if 'pixels' in sums:
        hits, marked, target, pixels = (
            int(sums[k]) for k in ('matched', 'marked', 'target', 'pixels'))
        agree = np.array([hits, pixels - marked - target + hits])
        either = np.array([marked + target, 2 * pixels - marked - target])
        return dict(F1=100 * float((2 * agree[either > 0] /
                                    either[either > 0]).mean()))
    ods = f_measure(sums['matched'].numpy(), sums['marked'].numpy(),
                    sums['target'].numpy())
    ois = f_measure(sums['best_matched'].numpy(), sums['best_marked'].numpy(),
                    sums['target'].numpy())
    return dict(odsF=100 * float(ods.max()), oisF=100 * float(ois))


def edge_curve(sums: dict[str, Tensor],
               protocol: EdgeProtocol) -> dict[str, list[float]]:
    """Precision, recall and F-measure over the thresholds, in percent.

    Args:
        sums (dict[str, Tensor]): Added :func:`edge_sums`.
        protocol (EdgeProtocol): Theirs.

    Returns:
        dict[str, list]: ``thresholds``, ``precision``, ``recall`` and ``F``;
        precision is 100 where nothing is marked, recall 100 where nothing is
        to be found.
    """
    matched, marked, target = (
        sums[k].double() for k in ('matched', 'marked', 'target'))
    f_values = f_measure(matched.numpy(), marked.numpy(), target.numpy())
    return dict(
        thresholds=list(protocol.thresholds),
        precision=(100 * matched / marked).nan_to_num(100).tolist(),
        recall=(100 * matched / target).nan_to_num(100).tolist(),
        F=(100 * f_values).tolist())
