# Copyright (c) mtcp_mm authors. All rights reserved.
from .multi_task_estimator import MultiTaskEstimator
from .multi_task_tta_model import MultiTaskTTAModel

__all__ = ['MultiTaskEstimator', 'MultiTaskTTAModel']
