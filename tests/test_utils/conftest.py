# Copyright (c) mtcp_mm authors. All rights reserved.
from tests.test_datasets.conftest import render_plane  # noqa: F401  fixture
