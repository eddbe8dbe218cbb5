# Copyright (c) mtcp_mm authors. All rights reserved.
from .evaluator import MultiTaskEvaluator
from .metrics import (
                      DenseTaskMetric,
                      DepthMetric,
                      HumanPartsMetric,
                      NormalsMetric,
                      SaliencyMetric,
                      SegmentationMetric,
)

__all__ = [
    'DenseTaskMetric', 'DepthMetric', 'HumanPartsMetric',
    'MultiTaskEvaluator', 'NormalsMetric', 'SaliencyMetric',
    'SegmentationMetric'
]
