# Copyright (c) mtcp_mm authors. All rights reserved.
"""Parts of the edge benchmark, on NumPy arrays: worker processes run them.

Their front is :func:`mtcp_mm.evaluation.functional.edge_sums`.
"""
from .counting import DEFAULT_MAX_DIST, count_all, count_edges, f_measure
from .matching import EdgeMatcher
from .protocols import PROTOCOLS, EdgeProtocol, make_protocol
from .suppression import boundary_map, edge_orientation, suppress_non_maxima
from .thinning import thin
from .workers import OrderedPool

__all__ = [
    'DEFAULT_MAX_DIST', 'PROTOCOLS', 'EdgeMatcher', 'EdgeProtocol',
    'OrderedPool', 'boundary_map', 'count_all', 'count_edges',
    'edge_orientation', 'f_measure', 'make_protocol', 'suppress_non_maxima',
    'thin'
]
