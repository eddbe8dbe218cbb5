# Copyright (c) mtcp_mm authors. All rights reserved.
from . import transforms
from .base import MultiTaskDataset
from .generic import GenericMultiTaskDataset
from .multi_task_concat import MultiTaskConcatDataset
from .nyud import NYUDMultiTaskDataset
from .pascal import PASCALContextMultiTaskDataset

__all__ = [
    'GenericMultiTaskDataset', 'MultiTaskConcatDataset', 'MultiTaskDataset',
    'NYUDMultiTaskDataset', 'PASCALContextMultiTaskDataset', 'transforms'
]
