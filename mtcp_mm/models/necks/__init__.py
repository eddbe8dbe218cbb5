# Copyright (c) mtcp_mm authors. All rights reserved.
from .mask2former_neck import Mask2FormerNeck

__all__ = ['Mask2FormerNeck']
