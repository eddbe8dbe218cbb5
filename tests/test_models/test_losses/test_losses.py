# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics.pairwise import cosine_distances

from mtcp_mm.models.losses import (
    BalancedBCELoss,
    BerHuLoss,
    CosineCoherenceLoss,
    MaskedL1Loss,
    MaskedMSELoss,
    NormalsCosineLoss,
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

    def test_missing_as_a_value(self):
        """By hand: errors 1 and 3, and 4 to the 0 of the third pixel."""
        pred, target = torch.tensor([[2., 5, -4], [1, 8, float('nan')]]
                                    ).double().view(2, 1, 1, 1, 3)
        valid = torch.tensor([[[True, True, False]]])
        got = [MaskedL1Loss(missing_as=value)(pred, target, valid).item()
               for value in (None, 0.)]
        assert got == pytest.approx([2., 8 / 3], rel=1e-12)

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

    def test_by_hand(self):
        """(.6, 0, .8) for (0, 0, 1), off by .6 + .2, and a right one; the
        third pixel has no label."""
        pred = torch.tensor([[3., 0, 4], [0, 2, 0], [1, 1, 1]]).double()
        target = torch.tensor([[0., 0, 1], [0, 1, 0], [0, 0, 0]]).double()
        maps = [x.T.view(1, 3, 1, 3) for x in (pred, target)]
        valid = torch.tensor([[[True, True, False]]])
        got = [NormalsL1Loss(over=over)(*maps, valid).item()
               for over in ('components', 'pixels')]
        assert got == pytest.approx([.8 / 6, .8 / 2], rel=1e-12)

    def test_rejects_other_means(self):
        with pytest.raises(ValueError, match="'pixels', but is 'all'"):
            NormalsL1Loss(over='all')

    def test_scale_of_the_prediction_does_not_matter(self, valid):
        pred, target = torch.randn(2, 2, 3, 4, 5)
        loss = NormalsL1Loss()
        torch.testing.assert_close(
            loss(pred, target, valid), loss(7 * pred, target, valid))

    def test_vanishing_prediction_has_finite_gradient(self, valid):
        pred = torch.zeros(2, 3, 4, 5, requires_grad=True)
        NormalsL1Loss()(pred, torch.ones(2, 3, 4, 5), valid).backward()
        assert pred.grad.isfinite().all()


class TestNormalsCosineLoss:
    """Oracle: angles by hand, and scikit-learn's cosine distance."""

    def test_by_hand(self):
        """0, 60, 90 and 180 degrees, of any length; the last has no label."""
        pred = torch.tensor([[0., 0., 2.], [0., 3**.5, 1.], [5., 0., 0.],
                             [0., 0., -1.], [9., 9., 9.]])
        target = torch.tensor([0., 0., 1.]).repeat(5, 1)
        target[4] = float('nan')
        valid = torch.tensor([[[True] * 4 + [False]]])
        maps = (x.T.view(1, 3, 1, 5) for x in (pred, target))
        got = NormalsCosineLoss(loss_weight=4.)(*maps, valid)
        assert got.item() == pytest.approx(0 + .5 + 1 + 2, rel=1e-6)

    def test_matches_sklearn(self, valid):
        pred, target = torch.randn(2, 2, 3, 4, 5).double()
        target /= target.norm(dim=1, keepdim=True)
        rows = [x.movedim(1, -1)[valid].numpy() for x in (pred, target)]
        expected = np.diag(cosine_distances(*rows)).mean()
        got = NormalsCosineLoss()(pred, target, valid)
        assert got.item() == pytest.approx(expected, rel=1e-9)

    def test_vanishing_prediction_has_finite_gradient(self, valid):
        pred = torch.zeros(2, 3, 4, 5, requires_grad=True)
        NormalsCosineLoss()(pred, torch.ones(2, 3, 4, 5), valid).backward()
        assert pred.grad.isfinite().all()


class TestBerHuLoss:
    """Oracle: by hand, for the errors 10, -2, 1, 0 and one without label:
    c = 2, so they cost (100 + 4) / 4 = 26, 2, 1 and 0."""

    @staticmethod
    def loss(**kwargs):
        pred = torch.tensor([10., -2, 1, 0, 99]).view(1, 1, 1, 5)
        pred.requires_grad_()
        target = torch.tensor([0., 0, 0, 0, float('nan')]).view(1, 1, 1, 5)
        valid = torch.tensor([[[True] * 4 + [False]]])
        return BerHuLoss(**kwargs)(pred, target, valid), pred

    @pytest.mark.parametrize('kwargs, expected', [
        ({}, 29 / 4),
        (dict(over='all', loss_weight=2.), 2 * 29 / 5),
        (dict(share=1.), 13 / 4),  # c = 10: linear everywhere
        (dict(share=.1), (50.5 + 2.5 + 1) / 4),
    ])
    def test_by_hand(self, kwargs, expected):
        assert self.loss(**kwargs)[0].item() == pytest.approx(
            expected, rel=1e-6)

    def test_gradient_by_hand(self):
        """e / c above c, the sign below; c itself is a constant."""
        loss, pred = self.loss()
        loss.backward()
        np.testing.assert_allclose(
            pred.grad.flatten(), [5 / 4, -1 / 4, 1 / 4, 0, 0])

    def test_no_error_and_nothing_valid(self):
        pred = torch.ones(1, 1, 2, 2, requires_grad=True)
        for valid in (torch.ones(1, 2, 2).bool(), torch.zeros(1, 2, 2).bool()):
            loss = BerHuLoss()(pred, torch.ones(1, 1, 2, 2), valid)
            loss.backward()
            assert loss.item() == 0 and pred.grad.eq(0).all()

    def test_mistakes(self):
        with pytest.raises(ValueError, match=r'`share`.*\(0, 1\].*20'):
            BerHuLoss(share=20)
        with pytest.raises(ValueError, match="`over`.*'some'"):
            BerHuLoss(over='some')


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

    def test_weighted_mean(self, valid):
        """Oracle: torch's cross entropy of two classes, with weights."""
        logits = torch.randn(2, 1, 4, 5)
        target = (torch.rand(2, 1, 4, 5) < .3).long()
        target[~valid[:, None]] = 255
        expected = F.cross_entropy(
            torch.cat([torch.zeros_like(logits), logits], 1), target[:, 0],
            torch.tensor([.05, .95]), ignore_index=255)
        got = BalancedBCELoss(.95, weighted_mean=True)(logits, target, valid)
        torch.testing.assert_close(got, expected)

    @pytest.mark.parametrize('pos_weight, share', [(.95, .95), (None, 2 / 3)])
    def test_over_all_pixels_by_hand(self, pos_weight, share):
        """Two noes and a yes with a label, one pixel without; at a logit of
        0 each costs log(2), times its weight."""
        logits = torch.zeros(1, 1, 1, 4).double()
        target = torch.tensor([0., 0, 1, 255]).double().view(1, 1, 1, 4)
        valid = torch.tensor([[[True, True, True, False]]])
        total = np.log(2) * (share + 2 * (1 - share))
        got = [BalancedBCELoss(pos_weight, over=over)(logits, target,
                                                      valid).item()
               for over in ('labelled', 'all')]
        assert got == pytest.approx([total / 3, total / 4], rel=1e-12)

    @pytest.mark.parametrize('kwargs, message', [
        (dict(pos_weight=20), r'share in \(0, 1\).*20'),
        (dict(over='some'), "`over`.*'some'"),
        (dict(over='all', weighted_mean=True), '`weighted_mean`.*exclude'),
    ])
    def test_mistakes(self, kwargs, message):
        with pytest.raises(ValueError, match=message):
            BalancedBCELoss(**kwargs)


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
