# Copyright (c) mtcp_mm authors. All rights reserved.
"""A list of configs, several seeds, one table: tools/run_experiments.py."""
from .listing import Experiment, ExperimentList, MetricColumn, read_list
from .run import Run, plan_runs
from .table import (
    Row,
    main_columns,
    make_rows,
    to_csv,
    to_json,
    to_markdown,
)

__all__ = [
    'Experiment', 'ExperimentList', 'MetricColumn', 'Row', 'Run',
    'main_columns', 'make_rows', 'plan_runs', 'read_list', 'to_csv', 'to_json',
    'to_markdown'
]
