# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch
from torch import nn

from mtcp_mm.tasks import build_tasks


@pytest.fixture
def task():
    return build_tasks(
        dict(semseg=dict(type='mtcp_mm.SemSegTask', num_classes=3)))['semseg']


class TestSemSegTask:
    """Oracle: labels and counts written by hand."""

    def test_zero_becomes_void_and_classes_shift(self, task):
        raw = np.array([[0, 1], [3, 255]], np.uint8)
        label = task.decode_label(raw, reduce_zero_label=True)
        assert label.tolist() == [[255, 0], [2, 255]]
        assert task.decode_label(raw[:1]).tolist() == [[0, 1]]

    def test_label_map(self, task):
        """What the map does not name is void, whatever it is."""
        label_map = {7: 0, 11: 2, 8: 0}
        raw = np.array([[7, 8, 11], [0, 255, 12]], np.uint8)
        label = task.decode_label(raw, label_map=label_map)
        assert label.dtype == np.uint8
        assert label.tolist() == [[0, 0, 2], [255, 255, 255]]
        raw = np.array([[-1, 11, 70000]])
        assert task.decode_label(raw, label_map=label_map).tolist() == [
            [255, 2, 255]]

    def test_label_map_to_a_class_that_is_none(self, task):
        with pytest.raises(ValueError, match='a.png holds label 3.*3 classes'):
            task.decode_label(np.array([[7]]), 'a.png', label_map={7: 3})

    def test_colours(self, task):
        """Colours whose sums or orders are equal are not the same."""
        colours = [[255, 0, 1], [1, 0, 255], [0, 1, 255]]
        raw = np.array([[[1, 0, 255], [255, 0, 1]],
                        [[0, 1, 255], [0, 0, 0]]], np.uint8)
        assert task.decode_label(raw, colours=colours).tolist() == [
            [1, 0], [2, 255]]
        assert task.decode_label(
            raw, colours=colours, label_map={1: 2}).tolist() == [
                [2, 255], [255, 255]]
        with pytest.raises(ValueError, match='b.png must hold a picture'):
            task.decode_label(raw[..., 0], 'b.png', colours=colours)

    def test_foreign_label_names_file(self, task):
        with pytest.raises(
                ValueError, match=r'0012.png holds label 57.*3 classes'):
            task.decode_label(np.array([[57]], np.uint8), '0012.png')
        with pytest.raises(ValueError, match=r'\(1, 1, 3\)'):
            task.decode_label(np.zeros((1, 1, 3), np.uint8), 'x.png')

    def test_packing_and_prediction(self, task):
        target = task.label_to_tensor(np.array([[255, 2]], np.uint8))
        assert target.dtype == torch.int64 and target.shape == (1, 1, 2)
        assert task.valid_mask(target).tolist() == [[False, True]]
        logits = torch.tensor([[[0., 5.]], [[3., 1.]], [[1., 2.]]])
        assert task.predict(logits).tolist() == [[[1, 0]]]

    def test_loss_leaves_void_out(self, task):
        """Oracle: torch's own cross entropy."""
        from mtcp_mm.registry import MODELS
        criterion = MODELS.build(task.loss_cfg)
        logits = torch.randn(2, 3, 4, 5)
        target = torch.randint(0, 3, (2, 1, 4, 5))
        target[:, :, :2] = 255
        expected = nn.functional.cross_entropy(
            logits, target[:, 0], ignore_index=255)
        torch.testing.assert_close(
            task.loss(criterion, logits, target), expected)

    def test_constant_is_most_frequent_class(self, task):
        sums = sum(
            task.constant_sums(torch.tensor(t)) for t in ([[[0, 2]]],
                                                          [[[2, 255]]]))
        assert sums.tolist() == [1, 0, 2]
        assert task.constant_prediction(sums).tolist() == [[[2]]]

    def test_drawing_uses_palette(self, task):
        picture = task.draw(
            np.array([[[0, 255]]]), dict(palette=[[1, 2, 3]] * 3))
        assert picture.tolist() == [[[1, 2, 3], [0, 0, 0]]]
