# Copyright (c) mtcp_mm authors. All rights reserved.
from .base import LossWeighting
from .fixed_weighting import FixedWeighting
from .lps_weighting import LPSWeighting

__all__ = ['FixedWeighting', 'LPSWeighting', 'LossWeighting']
