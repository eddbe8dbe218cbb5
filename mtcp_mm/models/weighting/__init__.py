# Copyright (c) mtcp_mm authors. All rights reserved.
from .aligned_mtl_weighting import AlignedMTLWeighting
from .base import LossWeighting
from .dwa_weighting import DWAWeighting
from .epoch_weighting import EpochWeighting
from .fixed_weighting import FixedWeighting
from .gradient_weighting import GradientWeighting
from .lps_weighting import LPSWeighting
from .uncertainty_weighting import UncertaintyWeighting

__all__ = [
    'AlignedMTLWeighting', 'DWAWeighting', 'EpochWeighting', 'FixedWeighting',
    'GradientWeighting', 'LPSWeighting', 'LossWeighting',
    'UncertaintyWeighting'
]
