# Copyright (c) mtcp_mm authors. All rights reserved.
from .images import ImageError, read_photo
from .inference import inference_model, init_model
from .multi_task_inferencer import MultiTaskInferencer
from .packaged import PACKAGED_WEIGHTS
from .result import InferenceResult

__all__ = [
    'PACKAGED_WEIGHTS', 'ImageError', 'InferenceResult',
    'MultiTaskInferencer', 'inference_model', 'init_model', 'read_photo'
]
