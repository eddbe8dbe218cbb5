# Copyright (c) mtcp_mm authors. All rights reserved.
from .base import DenseTaskMetric
from .depth_metric import DepthMetric
from .normals_metric import NormalsMetric
from .segmentation_metric import SegmentationMetric

__all__ = [
    'DenseTaskMetric', 'DepthMetric', 'NormalsMetric', 'SegmentationMetric'
]
