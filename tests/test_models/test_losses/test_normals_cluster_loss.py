# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mtcp_mm.models.losses import NormalsClusterLoss
from mtcp_mm.models.losses.normals_cluster_loss import facing_directions


def directions(*shape):
    """Evenly distributed unit vectors (N, 3, H, W)."""
    torch.manual_seed(0)
    n, *size = shape
    return F.normalize(torch.randn(n, 3, *size).double(), dim=1)


class TestFacingDirections:

    def test_are_of_unit_length_and_face_the_camera(self):
        found = facing_directions(40)
        torch.testing.assert_close(found.norm(dim=1), torch.ones(40))
        assert (found[:, 2] < 0).all()

    def test_are_spread_evenly(self):
        """Oracle: of random directions, each has its 40th part (less at the
        rim, where the sphere is cut), and none is farther than twice the 12.8
        degrees of a cap of that size."""
        normals = directions(1, 200, 200)
        classes = NormalsClusterLoss().classes_of(normals)
        counts = torch.bincount(classes.flatten(), minlength=40)
        assert counts.min() > .5 * 1000 and counts.max() < 1.4 * 1000
        nearest = facing_directions(40).double()[classes[0]].permute(2, 0, 1)
        normals[:, 2] = -normals[:, 2].abs()
        cosine = (nearest * normals[0]).sum(0).min()
        assert math.degrees(math.acos(cosine)) < 2 * math.degrees(
            math.acos(1 - 1 / 40))


class TestNormalsClusterLoss:

    def test_classes(self):
        """Oracle: the smallest angle, in NumPy."""
        centroids = directions(1, 7, 1)[0, :, :, 0].T
        normals = directions(2, 5, 6)
        loss = NormalsClusterLoss(7, (3 * centroids).tolist())
        found = loss.classes_of(normals)
        for n, i, j in np.ndindex(*found.shape):
            angles = np.arccos(np.clip(
                centroids.numpy() @ normals[n, :, i, j].numpy(), -1, 1))
            assert found[n, i, j] == angles.argmin()

    def test_default_does_not_ask_for_the_sign_of_z(self):
        """Given centroids do."""
        normals = directions(1, 9, 9)
        turned = normals * torch.tensor([1, 1, -1]).view(1, 3, 1, 1)
        loss = NormalsClusterLoss()
        assert torch.equal(loss.classes_of(normals), loss.classes_of(turned))
        loss = NormalsClusterLoss(2, [[0, 0, 1], [0, 0, -1]])
        assert torch.equal(
            loss.classes_of(normals), 1 - loss.classes_of(turned))

    def test_half_precision_moves_no_normal(self):
        """Oracle: the classes without autocast."""
        loss, target = NormalsClusterLoss(), directions(2, 40, 50).float()
        with torch.autocast('cpu', torch.bfloat16):
            found = loss.classes_of(target)
        assert torch.equal(found, loss.classes_of(target))

    def test_value(self):
        """By hand: log(2) where the logits are equal, about 0 where the right
        one is large; what is missing does not count."""
        loss = NormalsClusterLoss(2, [[0, 0, -1], [1, 0, 0]], loss_weight=2.)
        target = torch.tensor([[0., 0, -1], [.9, .3, -.3], [0, 0, 0]])
        target = target.T.reshape(1, 3, 1, 3)
        valid = target.ne(0).any(1)
        logits = torch.zeros(1, 2, 1, 3)
        assert loss(logits, target, valid).item() == pytest.approx(
            2 * math.log(2))
        logits[0, 1, 0, 1] = 40
        assert loss(logits, target, valid).item() == pytest.approx(
            math.log(2))
        # other sizes are enlarged
        assert loss(logits[..., :1], target, valid).item() == pytest.approx(
            2 * math.log(2))

    def test_reads_a_file(self, tmp_path):
        centroids = np.array([[1., 0, 0], [0, 2, 0]])
        np.save(tmp_path / 'c.npy', centroids)
        loss = NormalsClusterLoss(2, str(tmp_path / 'c.npy'))
        assert loss.centroids.tolist() == [[1, 0, 0], [0, 1, 0]]
        assert not loss.state_dict()

    @pytest.mark.parametrize('centroids, message', [
        ('nowhere.npy', r'\(nowhere.npy\).*No such file.*\(40, 3\)'),
        ([[1, 0, 0]], r'40 directions.*shape \(1, 3\).*meant to be 1'),
        ([['x', 0, 0]] * 40, 'cannot be read as numbers'),
        ([[1, 0, 0]] * 39 + [[0, 0, 0]], r'no direction in row 39'),
        ([[math.nan, 0, 0]] + [[1, 0, 0]] * 39, r'no direction in row 0')])
    def test_mistakes(self, centroids, message):
        with pytest.raises(ValueError, match=message):
            NormalsClusterLoss(centroids=centroids)

    def test_a_file_that_holds_no_array(self, tmp_path):
        (tmp_path / 'c.npy').write_text('no array')
        with pytest.raises(ValueError, match='c.npy.*cannot be read'):
            NormalsClusterLoss(centroids=str(tmp_path / 'c.npy'))
