# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_flow


class EdgeMatcher:
    """How many pixels of an edge map find a partner in the ground truth.

    A predicted and a true edge pixel can be partners if their distance is at
    most the tolerance, and everybody has at most one partner. As many pairs
    as possible are formed (a maximum bipartite matching, found as a maximum
    flow), so with one ground truth per image the number of pairs is the
    ``cntR`` and ``cntP`` of the BSDS benchmark; docs/edges.md says when the
    benchmark's own cheapest assignment has fewer pairs.

    SciPy's ``maximum_bipartite_matching`` would do, too, but takes seconds to
    minutes on some edge maps, where Dinic's algorithm takes milliseconds.

    Args:
        target (np.ndarray): True edges, bool (H, W).
        candidates (np.ndarray): Where predicted edges can be, bool (H, W).
        max_dist (float): Tolerance as a share of the image diagonal.

    Examples:
        >>> target = np.eye(3, dtype=bool)
        >>> matcher = EdgeMatcher(target, np.ones((3, 3), bool), max_dist=.3)
        >>> moved = np.roll(target, 1, axis=1)  # the last to the first column
        >>> matcher.count(moved)  # within 1.27 pixels
        2
    """

    def __init__(self, target: np.ndarray, candidates: np.ndarray,
                 max_dist: float) -> None:
        height, width = target.shape
        radius = max_dist * math.hypot(height, width)
        reach = math.ceil(radius)
        dy, dx = np.mgrid[-reach:reach + 1, -reach:reach + 1]
        near = dx * dx + dy * dy <= radius * radius
        y, x = np.nonzero(target)
        self.num_target = len(y)
        near_y = y[:, None] + dy[near]
        near_x = x[:, None] + dx[near]
        inside = ((near_y >= 0) & (near_y < height) & (near_x >= 0) &
                  (near_x < width))
        node = np.repeat(np.arange(len(y)), inside.sum(1))
        pixel = near_y[inside] * width + near_x[inside]
        used = candidates.reshape(-1)[pixel]
        node, pixel = node[used], pixel[used]
        # who can be the partner of a pixel: one row per pixel of the map
        self._partners = csr_matrix(
            (np.ones(len(node), np.int8), (pixel, node)),
            shape=(target.size, self.num_target))
        self._has_partner = np.diff(self._partners.indptr) > 0

    def count(self, pred: np.ndarray) -> int:
        """Number of pairs.

        Args:
            pred (np.ndarray): Predicted edges, bool (H, W), a subset of the
                candidates.
        """
        rows = np.flatnonzero(pred.reshape(-1) & self._has_partner)
        if not rows.size:
            return 0
        graph = self._partners[rows]
        if graph.shape[0] > graph.shape[1]:
            graph = graph.T.tocsr()  # the flow starts from the smaller side
        return maximum_pairs(graph)


def maximum_pairs(graph: csr_matrix) -> int:
    """Size of a maximum matching.

    Args:
        graph (csr_matrix): Shape (M, N); an entry means that a row and a
            column can be partners.
    """
    rows, columns = graph.shape
    # source, rows, columns, sink; all capacities 1
    sink = rows + columns + 1
    indices = np.concatenate([
        np.arange(1, rows + 1), graph.indices + rows + 1,
        np.full(columns, sink)
    ])
    indptr = np.concatenate([[0], rows + graph.indptr,
                             rows + graph.nnz + np.arange(1, columns + 1),
                             [indices.size]])
    network = csr_matrix(
        (np.ones(indices.size, np.int32), indices.astype(np.int32),
         indptr.astype(np.int32)),
        shape=(sink + 1, sink + 1))
    return int(maximum_flow(network, 0, sink, method='dinic').flow_value)
