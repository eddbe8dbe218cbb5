# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import numpy as np
import pytest
import torch
from torch import nn

from mtcp_mm.utils.numbers import all_finite, broken_weights


class TestAllFinite:
    """Oracle: np.isfinite."""

    @pytest.mark.parametrize('value', [
        0., 1e38, 3.4e38, math.nan, math.inf, -math.inf])
    @pytest.mark.parametrize('dtype', [torch.float32, torch.float64])
    def test_one_value_among_others(self, value, dtype):
        odd = torch.full((3, 4), value, dtype=dtype)
        tensors = [torch.ones(2), odd, torch.ones(1)]
        assert all_finite(tensors) == np.isfinite(odd.numpy()).all()

    def test_none(self):
        assert all_finite([])


def test_broken_weights():
    """Oracle: what was put in. A buffer may hold an infinity, as a mask."""
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 2))
    parameters = dict(model.named_parameters())
    assert broken_weights(model.state_dict(), parameters) == []
    model[1].running_var[0] = math.inf
    assert broken_weights(model.state_dict(), parameters) == []
    model[1].running_mean[0] = math.nan
    model[2].weight.data[0] = math.inf
    assert broken_weights(model.state_dict(), parameters) == [
        '1.running_mean', '2.weight']
