# Copyright (c) mtcp_mm authors. All rights reserved.
"""From nyu_depth_v2_labeled.mat to the layout of NYUD_MT."""
from .convert import MARKER, convert
from .edges import label_boundaries
from .normals import NYU_CAMERA, Camera, normals_from_depth
from .reader import LabelledFile
from .tables import load_mapping, load_split

__all__ = [
    'MARKER', 'NYU_CAMERA', 'Camera', 'LabelledFile', 'convert',
    'label_boundaries', 'load_mapping', 'load_split', 'normals_from_depth'
]
