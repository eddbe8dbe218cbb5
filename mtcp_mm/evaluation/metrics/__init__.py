# Copyright (c) mtcp_mm authors. All rights reserved.
from .base import DenseTaskMetric
from .depth_metric import DepthMetric
from .edge_metric import EdgeMetric
from .human_parts_metric import HumanPartsMetric
from .image_sizes import ImageSizes
from .normals_metric import NormalsMetric
from .saliency_metric import SaliencyMetric
from .segmentation_metric import SegmentationMetric

__all__ = [
    'DenseTaskMetric', 'DepthMetric', 'EdgeMetric', 'HumanPartsMetric',
    'ImageSizes', 'NormalsMetric', 'SaliencyMetric', 'SegmentationMetric'
]
