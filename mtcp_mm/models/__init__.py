# Copyright (c) mtcp_mm authors. All rights reserved.
from .data_preprocessor import MultiTaskDataPreProcessor
from .estimators import *  # noqa: F401,F403
from .heads import *  # noqa: F401,F403
from .layers import *  # noqa: F401,F403
from .losses import *  # noqa: F401,F403
from .necks import *  # noqa: F401,F403
from .released import *  # noqa: F401,F403
from .weighting import *  # noqa: F401,F403

__all__ = ['MultiTaskDataPreProcessor']
