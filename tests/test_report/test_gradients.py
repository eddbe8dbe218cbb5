# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
from torch import nn

from mtcp_mm.report.gradients import part_gradients


class Model(nn.Module):

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 1, bias=False)
        self.second = nn.Linear(1, 1, bias=False)
        self.aside = nn.Linear(1, 1)
        self.frozen = nn.Linear(1, 1).requires_grad_(False)
        self.empty = nn.ReLU()


def test_norms_over_those_of_the_parameters():
    """Oracle: d(v * (w . x))/dw = v x, by hand."""
    model = Model()
    model.first.weight.data = torch.tensor([[3., 4.]])  # norm 5
    model.second.weight.data = torch.tensor([[2.]])
    hidden = model.first(torch.tensor([[1., 0.]]))  # 3
    losses = dict(out=model.second(hidden).sum(), hidden=hidden.sum())
    found = part_gradients(
        model, losses, ['first', 'second', 'aside', 'frozen', 'empty'])
    assert list(found) == ['first', 'second', 'aside']
    assert found['first'].parameters == 2
    assert found['first'].norms == pytest.approx(dict(out=.4, hidden=.2))
    assert found['second'].norms == pytest.approx(dict(out=1.5, hidden=0))
    assert found['aside'].norms == dict(out=0, hidden=0)
    assert model.first.weight.grad is None
