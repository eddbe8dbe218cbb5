# Copyright (c) mtcp_mm authors. All rights reserved.
"""The examples of the functional metrics and of their page are true."""
import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

from mtcp_mm.evaluation import functional

MODULES = [
    m.name for m in pkgutil.walk_packages(functional.__path__,
                                          f'{functional.__name__}.')
]


@pytest.mark.parametrize('name', MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize('name',
                         ['delta_mtl', 'depth', 'normals', 'saliency',
                          'segmentation'])
def test_metrics_have_examples(name):
    module = importlib.import_module(f'{functional.__name__}.{name}')
    assert sum(len(t.examples) for t in doctest.DocTestFinder().find(module))


def test_examples_of_the_page():
    page = Path(__file__).parents[3] / 'docs' / 'protocols.md'
    result = doctest.testfile(str(page), module_relative=False)
    assert result.attempted and not result.failed
