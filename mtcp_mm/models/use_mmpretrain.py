# Copyright (c) mtcp_mm authors. All rights reserved.
"""Models of mmpretrain for a config; says what to do if it is missing.

    custom_imports = dict(
        imports=['mtcp_mm', 'mtcp_mm.models.use_mmpretrain'],
        allow_failed_imports=False)
"""
from mtcp_mm.utils import check_stack

check_stack(['mmpretrain'])

import mmpretrain.models  # noqa: E402,F401
