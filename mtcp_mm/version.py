# Copyright (c) mtcp_mm authors. All rights reserved.
"""The version; ``setup.py`` reads it from here without importing it."""

__version__ = '0.1.0'
