# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import numpy as np
import pytest
import torch

from mtcp_mm.models.losses import LogDepthBinLoss


class TestLogDepthBinLoss:

    def test_classes(self):
        """Oracle: NumPy's search in 41 edges, of which each is
        (10 / 0.7)^(1/40) times the one before."""
        edges = 0.7 * (10 / 0.7)**(np.arange(41) / 40)
        depth = np.random.RandomState(0).uniform(.7, 10, (2, 1, 9, 11))
        found = LogDepthBinLoss().classes_of(torch.from_numpy(depth))
        expected = np.searchsorted(edges, depth[:, 0], side='right') - 1
        assert np.array_equal(found.numpy(), expected)
        assert len(np.unique(expected)) > 30

    def test_ends(self):
        depth = torch.tensor([.0, .1, .7, .75, 9.9, 10, 11, 80])
        found = LogDepthBinLoss().classes_of(depth.view(1, 1, 1, -1))
        assert found.flatten().tolist() == [0, 0, 0, 1, 39, 39, 39, 39]

    def test_value(self):
        """By hand: log(4) for equal logits; missing depth does not count;
        logits of the size of the target or not."""
        loss = LogDepthBinLoss(4, 1., 16., loss_weight=3.)
        target = torch.tensor([[1.5, 3.], [0., 12.]]).view(1, 1, 2, 2)
        valid = target[:, 0] > 0
        logits = torch.zeros(1, 4, 1, 1)
        assert loss(logits, target, valid).item() == pytest.approx(
            3 * math.log(4))
        logits = torch.full((1, 4, 2, 2), -20.)
        for k, i, j in ((0, 0, 0), (1, 0, 1), (3, 1, 1)):
            logits[0, k, i, j] = 20
        assert loss(logits, target, valid).item() == pytest.approx(0, abs=1e-6)

    def test_nothing_valid(self):
        logits = torch.randn(1, 40, 3, 3, requires_grad=True)
        loss = LogDepthBinLoss()(logits, torch.zeros(1, 1, 6, 6),
                                 torch.zeros(1, 6, 6).bool())
        loss.backward()
        assert loss == 0 and logits.grad.eq(0).all()

    @pytest.mark.parametrize('kwargs', [
        dict(nearest=0.), dict(nearest=11.), dict(farthest=math.inf)])
    def test_mistakes(self, kwargs):
        with pytest.raises(ValueError, match='0 < `nearest` < `farthest`'):
            LogDepthBinLoss(**kwargs)
