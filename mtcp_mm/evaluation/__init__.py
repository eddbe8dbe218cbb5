# Copyright (c) mtcp_mm authors. All rights reserved.
from .evaluator import MultiTaskEvaluator
from .metrics import (
                      DenseTaskMetric,
                      DepthMetric,
                      NormalsMetric,
                      SegmentationMetric,
)

__all__ = [
    'DenseTaskMetric', 'DepthMetric', 'MultiTaskEvaluator', 'NormalsMetric',
    'SegmentationMetric'
]
