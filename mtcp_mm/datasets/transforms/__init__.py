# Copyright (c) mtcp_mm authors. All rights reserved.
from .formatting import PackMultiTaskInputs
from .loading import LoadMultiTaskAnnotations
from .random_crop import MultiTaskRandomCrop
from .random_flip import MultiTaskRandomFlip
from .random_resize import MultiTaskRandomResize
from .random_rotate import MultiTaskRandomRotate

__all__ = [
    'LoadMultiTaskAnnotations', 'MultiTaskRandomCrop', 'MultiTaskRandomFlip',
    'MultiTaskRandomResize', 'MultiTaskRandomRotate', 'PackMultiTaskInputs'
]
