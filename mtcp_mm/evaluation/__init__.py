# Copyright (c) mtcp_mm authors. All rights reserved.
from .evaluator import MultiTaskEvaluator
from .metrics import (
                      DenseTaskMetric,
                      DepthMetric,
                      EdgeMetric,
                      HumanPartsMetric,
                      NormalsMetric,
                      SaliencyMetric,
                      SegmentationMetric,
)

__all__ = [
    'DenseTaskMetric', 'DepthMetric', 'EdgeMetric', 'HumanPartsMetric',
    'MultiTaskEvaluator', 'NormalsMetric', 'SaliencyMetric',
    'SegmentationMetric'
]
