# Copyright (c) mtcp_mm authors. All rights reserved.
from .base import DenseTask
from .builder import build_tasks
from .depth import DepthTask
from .edge import EdgeTask
from .human_parts import HumanPartsTask
from .normals import NormalsTask
from .saliency import SaliencyTask
from .semseg import SemSegTask

__all__ = [
    'DenseTask', 'DepthTask', 'EdgeTask', 'HumanPartsTask', 'NormalsTask',
    'SaliencyTask', 'SemSegTask', 'build_tasks'
]
