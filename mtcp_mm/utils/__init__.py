# Copyright (c) mtcp_mm authors. All rights reserved.
"""Helpers. Imported before the stack is checked: keep it free of mm*."""
from .compat import StackError, check_stack

__all__ = ['StackError', 'check_stack']
