# Copyright (c) mtcp_mm authors. All rights reserved.
from .atrc_head import ATRCHead
from .base import MultiTaskHead
from .deeplab_head import DeepLabHead
from .densemtl_head import DenseMTLHead
from .hfp_head import HFPHead
from .mixed_head import MixedHead
from .mtcp_head import MTCPHead
from .mti_net_head import MTINetHead
from .pad_net_head import PADNetHead
from .pap_head import PAPHead
from .reconstructed_psd_head import ReconstructedPSDHead
from .single_task_decode_head import SingleTaskDecodeHead

__all__ = [
    'ATRCHead', 'DeepLabHead', 'DenseMTLHead', 'HFPHead', 'MTCPHead',
    'MTINetHead', 'MixedHead', 'MultiTaskHead', 'PADNetHead', 'PAPHead',
    'ReconstructedPSDHead', 'SingleTaskDecodeHead'
]
