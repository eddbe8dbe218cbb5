# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

import numpy as np

from .matching import EdgeMatcher
from .protocols import EdgeProtocol
from .suppression import boundary_map
from .thinning import thin

DEFAULT_MAX_DIST = .0075


def count_edges(prob: np.ndarray,
                label: np.ndarray,
                rule: EdgeProtocol,
                ignore_index: int = 255) -> dict[str, np.ndarray]:
    """Count edges and pairs of one image at every threshold.

    Args:
        prob (np.ndarray): Probabilities, float32 (H, W).
        label (np.ndarray): 1 = edge, 0 = none, (H, W).
        rule (EdgeProtocol): With K thresholds.
        ignore_index (int): Label of a pixel where nothing is known: neither
            true nor predicted edges lie there. Defaults to 255.

    Returns:
        dict[str, np.ndarray]: int64, see
        :func:`mtcp_mm.evaluation.functional.edge_sums`.
    """
    known = label != ignore_index
    target = label == 1
    if rule.pixelwise:
        return _count_pixels(rule.masks(prob), target & known, known)
    if rule.boundary:
        target = thin(boundary_map(target))
    target &= known
    masks = rule.masks(rule.strengthen(prob))
    matcher = EdgeMatcher(target, masks[0] & known, rule.max_dist
                          or DEFAULT_MAX_DIST)
    marked, matched = [], []
    before = -1
    for mask in masks:
        size = np.count_nonzero(mask)
        if size != before:  # a smaller set of pixels than before
            edges = (thin(mask) if rule.thin else mask) & known
            counts = np.count_nonzero(edges), matcher.count(edges)
            before = size
        marked.append(counts[0])
        matched.append(counts[1])
    marked, matched = np.array(marked), np.array(matched)
    total = np.array(matcher.num_target)
    best = np.argmax(f_measure(matched, marked, total))
    return dict(
        images=np.array(1),
        target=total,
        marked=marked,
        matched=matched,
        best_marked=marked[best],
        best_matched=matched[best])


def _count_pixels(masks: Sequence[np.ndarray], target: np.ndarray,
                  known: np.ndarray) -> dict[str, np.ndarray]:
    """Count the pixels on which prediction and label agree."""
    return dict(
        images=np.array(1),
        pixels=np.array(np.count_nonzero(known)),
        target=np.array(np.count_nonzero(target)),
        marked=np.array([np.count_nonzero(m & known) for m in masks]),
        matched=np.array([np.count_nonzero(m & target) for m in masks]))


def f_measure(matched: np.ndarray, marked: np.ndarray,
              target: np.ndarray) -> np.ndarray:
    """F-measure of precision and recall; 0 where it is not defined.

    Both have the same numerator, so their harmonic mean needs no division by
    either.
    """
    return 2 * matched / np.maximum(marked + target, 1)


def count_all(prob: np.ndarray, label: np.ndarray,
              rules: Mapping[str, EdgeProtocol],
              ignore_index: int) -> dict[str, dict[str, np.ndarray]]:
    """:func:`count_edges` by several rules, the job of a worker process."""
    return {
        name: count_edges(prob, label, rule, ignore_index)
        for name, rule in rules.items()
    }
