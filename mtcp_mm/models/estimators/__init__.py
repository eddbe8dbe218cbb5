# Copyright (c) mtcp_mm authors. All rights reserved.
from .multi_task_estimator import MultiTaskEstimator

__all__ = ['MultiTaskEstimator']
