# Copyright (c) mtcp_mm authors. All rights reserved.
from .constructor import MultiTaskOptimWrapperConstructor
from .step_guard import GuardedAmpOptimWrapper, GuardedOptimWrapper, StepGuard

__all__ = [
    'GuardedAmpOptimWrapper', 'GuardedOptimWrapper',
    'MultiTaskOptimWrapperConstructor', 'StepGuard'
]
