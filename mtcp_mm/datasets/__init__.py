# Copyright (c) mtcp_mm authors. All rights reserved.
from . import transforms
from .base import MultiTaskDataset
from .nyud import NYUDMultiTaskDataset

__all__ = ['MultiTaskDataset', 'NYUDMultiTaskDataset', 'transforms']
