# Copyright (c) mtcp_mm authors. All rights reserved.
from .constructor import MultiTaskOptimWrapperConstructor

__all__ = ['MultiTaskOptimWrapperConstructor']
