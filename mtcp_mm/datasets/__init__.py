# Copyright (c) mtcp_mm authors. All rights reserved.
from . import transforms
from .base import MultiTaskDataset
from .cityscapes import CityscapesMultiTaskDataset
from .generic import GenericMultiTaskDataset
from .multi_task_concat import MultiTaskConcatDataset
from .nyud import NYUDMultiTaskDataset
from .pascal import PASCALContextMultiTaskDataset
from .synthia import SynthiaMultiTaskDataset
from .vkitti2 import VKITTI2MultiTaskDataset

__all__ = [
    'CityscapesMultiTaskDataset', 'GenericMultiTaskDataset',
    'MultiTaskConcatDataset', 'MultiTaskDataset', 'NYUDMultiTaskDataset',
    'PASCALContextMultiTaskDataset', 'SynthiaMultiTaskDataset',
    'VKITTI2MultiTaskDataset', 'transforms'
]
