# Copyright (c) mtcp_mm authors. All rights reserved.
from .hfp_head import HFPHead
from .mtcp_head import MTCPHead

__all__ = ['HFPHead', 'MTCPHead']
