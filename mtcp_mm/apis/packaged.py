# Copyright (c) mtcp_mm authors. All rights reserved.
"""The model that comes with the package."""
from pathlib import Path

#: Of configs/mtcp_lite_rooms.py: semseg, depth and normals of rooms, learned
#: from rendered rooms alone. What it is worth on a flat that it never saw
#: stands in docs/rooms.md. The config is in the file.
PACKAGED_WEIGHTS = Path(__file__).with_name(
    'weights') / 'mtcp_lite_rooms-f55ef13a.pth'
