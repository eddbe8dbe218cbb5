# Copyright (c) mtcp_mm authors. All rights reserved.
"""Every test starts from the same seed, on at most two threads."""
import random

import numpy as np
import pytest
import torch
from hypothesis import settings

torch.set_num_threads(min(2, torch.get_num_threads()))
settings.register_profile('long', deadline=None, max_examples=2000)
settings.register_profile(
    'short', deadline=None, max_examples=30, derandomize=True)
settings.load_profile('short')


@pytest.fixture(autouse=True)
def seed():
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
