# Copyright (c) mtcp_mm authors. All rights reserved.
import importlib
import sys

import pytest
from mmengine.registry import MODELS

from mtcp_mm.utils import StackError, compat

NAME = 'mtcp_mm.models.use_mmpretrain'


class TestUseMMPretrain:
    """Oracle: an environment without mmpretrain, written by hand."""

    def test_registers_its_models(self):
        importlib.import_module(NAME)
        assert MODELS.get('mmpretrain.ConvNeXt').__name__ == 'ConvNeXt'

    def test_missing_package_is_said(self, monkeypatch):
        there = compat.discover_providers()
        monkeypatch.setattr(compat, 'discover_providers',
                            lambda: {**there, 'mmpretrain': []})
        monkeypatch.delitem(sys.modules, NAME, raising=False)
        with pytest.raises(
                StackError,
                match=r"1\. `mmpretrain` is missing(?s:.*)pip install '.*"
                'mmpretrain'):
            importlib.import_module(NAME)
        compat.check_stack()  # nobody else misses it
