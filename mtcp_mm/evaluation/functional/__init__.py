# Copyright (c) mtcp_mm authors. All rights reserved.
"""Scores as pure functions.

``<task>_sums(pred, target)`` turns one image into a few numbers that can be
added up, ``<task>_scores(sums)`` turns the added numbers into scores. Adding
(:func:`add_sums`) is all that batches and ranks have to do.
"""
from .common import add_sums
from .delta_mtl import delta_mtl
from .depth import depth_scores, depth_sums
from .edge import edge_scores, edge_sums
from .normals import (
                      angular_error,
                      histogram_median,
                      normals_scores,
                      normals_sums,
)
from .saliency import saliency_scores, saliency_sums
from .segmentation import segmentation_scores, segmentation_sums

__all__ = [
    'add_sums', 'angular_error', 'delta_mtl', 'depth_scores', 'depth_sums',
    'edge_scores', 'edge_sums',
    'histogram_median', 'normals_scores', 'normals_sums', 'saliency_scores',
    'saliency_sums', 'segmentation_scores', 'segmentation_sums'
]
