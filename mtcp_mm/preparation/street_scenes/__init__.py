# Copyright (c) mtcp_mm authors. All rights reserved.
"""A street of boxes, in the file formats of the driving data sets."""
from .formats import FORMATS
from .render import View, render
from .street import make_street
from .writer import write_driving

__all__ = ['FORMATS', 'View', 'make_street', 'render', 'write_driving']
