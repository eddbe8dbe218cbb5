# Copyright (c) mtcp_mm authors. All rights reserved.
"""A list of configs, several seeds, one table: tools/run_experiments.py."""
