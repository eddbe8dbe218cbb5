# Copyright (c) mtcp_mm authors. All rights reserved.
from .balanced_bce_loss import BalancedBCELoss
from .berhu_loss import BerHuLoss
from .cosine_coherence_loss import CosineCoherenceLoss
from .log_depth_bin_loss import LogDepthBinLoss
from .masked_l1_loss import MaskedL1Loss
from .masked_mse_loss import MaskedMSELoss
from .normals_cluster_loss import NormalsClusterLoss
from .normals_cosine_loss import NormalsCosineLoss
from .normals_l1_loss import NormalsL1Loss

__all__ = [
    'BalancedBCELoss', 'BerHuLoss', 'CosineCoherenceLoss', 'LogDepthBinLoss',
    'MaskedL1Loss', 'MaskedMSELoss', 'NormalsClusterLoss',
    'NormalsCosineLoss', 'NormalsL1Loss'
]
