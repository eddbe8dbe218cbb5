# Copyright (c) mtcp_mm authors. All rights reserved.
"""MT-CP and dense multi-task learning for the OpenMMLab stack.

Subpackages are imported by the registries when a config first needs them.
"""
from .utils.compat import check_stack
from .version import __version__

__all__ = ['__version__']

check_stack()
