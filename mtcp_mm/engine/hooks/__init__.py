# Copyright (c) mtcp_mm authors. All rights reserved.
from .lps_hook import LPSHook
from .visualization_hook import MultiTaskVisualizationHook

__all__ = ['LPSHook', 'MultiTaskVisualizationHook']
