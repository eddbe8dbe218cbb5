# Copyright (c) mtcp_mm authors. All rights reserved.
from .poly_lr import PolyLR

__all__ = ['PolyLR']
