# Copyright (c) mtcp_mm authors. All rights reserved.
from .checkpoint_hook import MultiTaskCheckpointHook
from .epoch_weighting_hook import EpochWeightingHook
from .lps_hook import LPSHook
from .seed_hook import SeedHook
from .step_guard_hook import StepGuardHook
from .tta_hook import TTAHook
from .visualization_hook import MultiTaskVisualizationHook

__all__ = [
    'EpochWeightingHook', 'LPSHook', 'MultiTaskCheckpointHook',
    'MultiTaskVisualizationHook', 'SeedHook', 'StepGuardHook', 'TTAHook'
]
