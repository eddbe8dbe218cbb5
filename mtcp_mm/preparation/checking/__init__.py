# Copyright (c) mtcp_mm authors. All rights reserved.
from .archives import KINDS
from .check import Report, check_dataset
from .fault import Fault, list_faults
from .samples import Tally

__all__ = ['KINDS', 'Fault', 'Report', 'Tally', 'check_dataset', 'list_faults']
