# Copyright (c) mtcp_mm authors. All rights reserved.
from .base import DenseTask
from .builder import build_tasks
from .depth import DepthTask
from .edge import EdgeTask
from .normals import NormalsTask
from .semseg import SemSegTask

__all__ = [
    'DenseTask', 'DepthTask', 'EdgeTask', 'NormalsTask', 'SemSegTask',
    'build_tasks'
]
