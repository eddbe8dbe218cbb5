# Copyright (c) mtcp_mm authors. All rights reserved.
"""Synthetic rooms with exact labels; needs NumPy and Pillow only."""
from .camera import Camera, look
from .geometry import Primitive, intersect
from .palette import CLASSES
from .photo import render_rgb
from .render import boundaries, render_labels
from .scene import Room, make_room
from .views import choose_camera
from .writer import make_samples, write_demo

__all__ = [
    'CLASSES', 'Camera', 'Primitive', 'Room', 'boundaries', 'choose_camera',
    'intersect', 'look', 'make_room', 'make_samples', 'render_labels',
    'render_rgb', 'write_demo'
]
