# Copyright (c) mtcp_mm authors. All rights reserved.
from .features import Features, MapInfo
from .losses import StageLoss, TaskLosses
from .outputs import ModelOutput, Stage, TaskOutput

__all__ = [
    'Features', 'MapInfo', 'ModelOutput', 'Stage', 'StageLoss', 'TaskLosses',
    'TaskOutput'
]
