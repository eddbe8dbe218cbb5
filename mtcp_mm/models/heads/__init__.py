# Copyright (c) mtcp_mm authors. All rights reserved.
from .atrc_head import ATRCHead
from .base import MultiTaskHead
from .densemtl_head import DenseMTLHead
from .hfp_head import HFPHead
from .mixed_head import MixedHead
from .mtcp_head import MTCPHead
from .single_task_decode_head import SingleTaskDecodeHead

__all__ = [
    'ATRCHead', 'DenseMTLHead', 'HFPHead', 'MTCPHead', 'MixedHead',
    'MultiTaskHead', 'SingleTaskDecodeHead'
]
