# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mtcp_mm.registry import MODELS
from mtcp_mm.tasks import build_tasks


@pytest.fixture
def task():
    return build_tasks(
        dict(saliency=dict(type='mtcp_mm.SaliencyTask')))['saliency']


@pytest.fixture
def two():
    return build_tasks(dict(saliency=dict(
        type='mtcp_mm.SaliencyTask', out_channels=2)))['saliency']


class TestSaliencyTask:
    """Oracle: maps written by hand."""

    @pytest.mark.parametrize('raw, expected', [
        (np.array([[0, 1, 127, 128, 255]], np.uint8), [0, 0, 0, 1, 1]),
        (np.array([[0, 1, 1]], np.uint8), [0, 1, 1]),
        (np.array([[0, 1]], np.int64), [0, 1]),
        (np.array([[0, .5, .51, np.nan]], np.float32), [0, 0, 1, 255]),
        (np.array([[False, True]]), [0, 1]),
    ])
    def test_above_half(self, task, raw, expected):
        """The family takes v / 255 > 0.5, hence 128 and above."""
        label = task.decode_label(raw)
        assert label.dtype == np.uint8 and label.tolist() == [expected]

    def test_scale_of_the_file(self, task):
        raw = np.array([[0, 1]], np.uint8)
        assert task.decode_label(raw, high=1).tolist() == [[0, 1]]

    def test_loss_leaves_void_out(self, task):
        """Oracle: torch's BCE on the labelled pixels, each weighted by the
        share of the other kind."""
        logits = torch.randn(2, 1, 6, 5)
        target = (torch.rand(2, 1, 6, 5) < .3).float()
        target[:, :, :2] = 255
        known = target != 255
        x, y = logits[known], target[known]
        weight = torch.where(y == 1, (y == 0).float().mean(), y.mean())
        expected = F.binary_cross_entropy_with_logits(x, y, weight)
        criterion = MODELS.build(task.loss_cfg)
        torch.testing.assert_close(
            task.loss(criterion, logits, target), expected)

    def test_probability(self, task):
        assert task.out_channels == 1
        assert task.predict(torch.zeros(1, 1, 1)).item() == .5

    def test_two_logits(self, two):
        """Oracles: torch's cross entropy with the weights of the batch,
        share of the other kind, over the labelled pixels, and softmax."""
        logits = torch.randn(2, 2, 6, 5).double()
        target = (torch.rand(2, 1, 6, 5) < .3).double()
        target[:, :, :2] = 255
        label = target[:, 0].long()
        share = (label == 0).sum() / (label != 255).sum()
        errors = F.cross_entropy(
            logits, label, torch.stack([1 - share, share]).double(),
            ignore_index=255, reduction='none')
        expected = errors.sum() / (label != 255).sum()
        assert two.out_channels == 2
        torch.testing.assert_close(
            two.loss(MODELS.build(two.loss_cfg), logits, target), expected)
        torch.testing.assert_close(
            two.predict(logits[0]), logits[0].softmax(0)[1:])

    def test_other_numbers_of_logits(self):
        with pytest.raises(ValueError, match='Saliency.*be 1.*but is 3'):
            build_tasks(dict(saliency=dict(
                type='mtcp_mm.SaliencyTask', out_channels=3)))

    def test_constant_is_everything(self, task):
        """Any constant marks all or nothing; nothing has an F-measure of 0."""
        sums = sum(
            task.constant_sums(torch.tensor([[t]]))
            for t in ([0., 1., 255.], [0., 0., 0.]))
        assert sums.item() == 1
        assert task.constant_prediction(sums).tolist() == [[[1.]]]
        nothing = task.constant_sums(torch.tensor([[[0., 255.]]]))
        assert task.constant_prediction(nothing).item() == 0

    def test_drawing_tells_void_from_both(self, task):
        picture = task.draw(np.array([[[0., .5, 1., 255.]]]))
        assert picture[0, :3, 0].tolist() == [0, 128, 255]
        assert len(set(picture[0, 3].tolist())) > 1

    def test_wrong_shape(self, task):
        with pytest.raises(ValueError, match=r's.png.*\(2, 2, 3\)'):
            task.decode_label(np.zeros((2, 2, 3), np.uint8), 's.png')
