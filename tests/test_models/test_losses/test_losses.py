# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import cosine_distances

from mtcp_mm.models.losses import (
    BalancedBCELoss,
    CosineCoherenceLoss,
    MaskedL1Loss,
    MaskedMSELoss,
    NormalsL1Loss,
)


@pytest.fixture
def valid():
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.random((2, 4, 5)) < .6)


class TestMaskedL1Loss:
    """Oracle: NumPy in float64."""

    def test_matches_numpy(self, valid):
        pred, target = torch.randn(2, 2, 1, 4, 5)
        target[~valid[:, None]] = float('nan')
        expected = np.nanmean(
            np.abs(pred.double().numpy() - target.double().numpy()))
        got = MaskedL1Loss(loss_weight=3.)(pred, target, valid)
        assert got.item() == pytest.approx(3 * expected, rel=1e-6)

    def test_nothing_valid_is_a_live_zero(self):
        pred = torch.randn(1, 1, 2, 2, requires_grad=True)
        target = torch.full((1, 1, 2, 2), float('inf'))
        loss = MaskedL1Loss()(pred, target, torch.zeros(1, 2, 2).bool())
        loss.backward()
        assert loss.item() == 0
        assert pred.grad.eq(0).all()


class TestMaskedMSELoss:
    """Oracle: NumPy in float64."""

    def test_matches_numpy(self, valid):
        pred, target = torch.randn(2, 2, 3, 4, 5)
        target[:, 0][~valid] = float('nan')
        p, t = pred.double().numpy(), target.double().numpy()
        mask = valid.numpy()
        expected = np.square(p - t).mean(1)[mask].mean()
        got = MaskedMSELoss(loss_weight=2.)(pred, target, valid)
        assert got.item() == pytest.approx(2 * expected, rel=1e-6)

    def test_length_of_the_prediction_matters(self):
        """Raw normals: (0, 0, 2) is wrong by 1 / 3, (0, 0, 1) is right."""
        target = torch.tensor([0., 0., 1.]).view(1, 3, 1, 1)
        valid = torch.ones(1, 1, 1).bool()
        loss = MaskedMSELoss()
        assert loss(target, target, valid).item() == 0
        assert loss(2 * target, target, valid).item() == pytest.approx(1 / 3)


class TestNormalsL1Loss:
    """Oracle: NumPy in float64."""

    def test_matches_numpy(self, valid):
        pred, target = torch.randn(2, 2, 3, 4, 5).double().numpy()
        target /= np.linalg.norm(target, axis=1, keepdims=True)
        unit = pred / np.linalg.norm(pred, axis=1, keepdims=True)
        mask = valid.numpy()
        expected = np.abs(unit - target).mean(1)[mask].mean()
        got = NormalsL1Loss()(
            torch.from_numpy(pred), torch.from_numpy(target), valid)
        assert got.item() == pytest.approx(expected, rel=1e-9)

    def test_scale_of_the_prediction_does_not_matter(self, valid):
        pred, target = torch.randn(2, 2, 3, 4, 5)
        loss = NormalsL1Loss()
        torch.testing.assert_close(
            loss(pred, target, valid), loss(7 * pred, target, valid))

    def test_vanishing_prediction_has_finite_gradient(self, valid):
        pred = torch.zeros(2, 3, 4, 5, requires_grad=True)
        NormalsL1Loss()(pred, torch.ones(2, 3, 4, 5), valid).backward()
        assert pred.grad.isfinite().all()


class TestBalancedBCELoss:
    """Oracle: the formula in NumPy float64."""

    @pytest.mark.parametrize('pos_weight', [None, .95])
    def test_matches_numpy(self, valid, pos_weight):
        rng = np.random.default_rng(1)
        logits = rng.normal(size=(2, 1, 4, 5))
        target = (rng.random((2, 1, 4, 5)) < .3).astype(float)
        target[~valid.numpy()[:, None]] = 255
        t, x = target[:, 0][valid.numpy()], logits[:, 0][valid.numpy()]
        w = (t == 0).mean() if pos_weight is None else pos_weight
        p = 1 / (1 + np.exp(-x))
        expected = -(w * t * np.log(p) +
                     (1 - w) * (1 - t) * np.log(1 - p)).mean()
        got = BalancedBCELoss(pos_weight)(
            torch.from_numpy(logits), torch.from_numpy(target), valid)
        assert got.item() == pytest.approx(expected, rel=1e-9)

    def test_rejects_a_factor(self):
        with pytest.raises(ValueError, match=r'share in \(0, 1\).*20'):
            BalancedBCELoss(pos_weight=20)


class TestCosineCoherenceLoss:
    """Oracle: scikit-learn's cosine distance of paired pixel vectors."""

    def test_matches_sklearn(self):
        main, aux = torch.randn(2, 2, 6, 3, 4)
        rows = [
            x.double().permute(0, 2, 3, 1).reshape(-1, 6).numpy()
            for x in (main, aux)
        ]
        expected = np.diag(cosine_distances(*rows)).mean()
        got = CosineCoherenceLoss(loss_weight=.5)(main, aux)
        assert got.item() == pytest.approx(expected / 2, rel=1e-5)
