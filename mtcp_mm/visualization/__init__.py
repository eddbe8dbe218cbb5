# Copyright (c) mtcp_mm authors. All rights reserved.
from .local_visualizer import MultiTaskLocalVisualizer

__all__ = ['MultiTaskLocalVisualizer']
