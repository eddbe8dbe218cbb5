# Copyright (c) mtcp_mm authors. All rights reserved.
from tests.test_datasets.conftest import (  # noqa: F401  fixtures
    make_nyud,
    render_plane,
    task_cfg,
    tasks,
)
