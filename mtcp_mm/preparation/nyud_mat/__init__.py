# Copyright (c) mtcp_mm authors. All rights reserved.
"""From nyu_depth_v2_labeled.mat to the layout of NYUD_MT."""
from .convert import MARKER, NYU_CAMERA, convert
from .edges import label_boundaries
from .reader import LabelledFile
from .tables import load_mapping, load_split

__all__ = [
    'MARKER', 'NYU_CAMERA', 'LabelledFile', 'convert', 'label_boundaries',
    'load_mapping', 'load_split'
]
