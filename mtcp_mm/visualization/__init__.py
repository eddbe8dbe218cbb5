# Copyright (c) mtcp_mm authors. All rights reserved.
from .canvas import draw_grid, draw_legend, draw_scale
from .local_visualizer import MultiTaskLocalVisualizer
from .panels import TaskPanels, draw_task

__all__ = [
    'MultiTaskLocalVisualizer', 'TaskPanels', 'draw_grid', 'draw_legend',
    'draw_scale', 'draw_task'
]
