# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch

from mtcp_mm.datasets.transforms import MultiTaskRandomFlip
from mtcp_mm.registry import MODELS
from mtcp_mm.tasks import build_tasks


def build(**kwargs):
    task = dict(type='mtcp_mm.HumanPartsTask', **kwargs)
    return build_tasks(dict(parts=task))['parts']


class TestHumanPartsTask:
    """Oracle: labels written by hand."""

    def test_defaults_are_those_of_pascal(self):
        task = build()
        assert task.num_classes == task.out_channels == 7
        label = np.array([[0, 6], [255, 1]], np.uint8)
        np.testing.assert_array_equal(task.decode_label(label), label)
        np.testing.assert_array_equal(
            task.flip_label(label, 'horizontal'), label)

    @pytest.mark.parametrize('raw', [
        np.zeros((2, 3), np.uint8),
        np.array([[0, 255, 255]], np.uint8),
        np.full((2, 2), 255, np.uint8),
    ])
    def test_nobody_is_void(self, raw):
        """Without this the network learns "background" from images whose
        people nobody labelled."""
        task = build()
        label = task.decode_label(raw)
        np.testing.assert_array_equal(label, np.full(raw.shape, 255))
        assert not task.valid_mask(task.label_to_tensor(label)).any()

    def test_batch_without_people(self):
        """Common with PASCAL-Context and two images per GPU: no loss, and a
        gradient of 0, not NaN."""
        task = build()
        criterion = MODELS.build(task.loss_cfg)
        logits = torch.randn(2, 7, 3, 4, requires_grad=True)
        nobody = task.label_to_tensor(
            task.decode_label(np.zeros((3, 4), np.uint8)))
        loss = task.loss(criterion, logits, torch.stack([nobody] * 2))
        loss.backward()
        assert loss.item() == 0 and not logits.grad.any()

    def test_one_part_is_enough(self):
        raw = np.array([[0, 0, 3]], np.uint8)
        assert build().decode_label(raw).tolist() == [[0, 0, 3]]

    @pytest.mark.parametrize('direction, expected', [
        ('horizontal', [[2, 1, 0], [255, 4, 3]]),
        ('diagonal', [[2, 1, 0], [255, 4, 3]]),
        ('vertical', [[1, 2, 0], [255, 3, 4]]),
    ])
    def test_left_and_right_swap_in_a_mirror(self, direction, expected):
        """`flip_label` gets the map after it was flipped. Head over heels, a
        left arm is still a left arm."""
        task = build(num_classes=5, flip_pairs=[(1, 2), (4, 3)])
        label = np.array([[1, 2, 0], [255, 3, 4]], np.uint8)
        flipped = task.flip_label(label, direction)
        assert flipped.tolist() == expected and flipped.dtype == np.uint8
        logits = torch.rand(2, 5, 2, 3)
        seen = task.unflip_logits(logits, direction)
        dims = dict(horizontal=[3], vertical=[2], diagonal=[2, 3])[direction]
        order = [0, 1, 2, 3, 4] if direction == 'vertical' else [0, 2, 1, 4, 3]
        torch.testing.assert_close(seen, logits[:, order].flip(dims))

    def test_person_seen_in_a_mirror(self):
        """Oracle: by hand. The left arm (1) is on the right of the image; in
        the mirror a right arm (2) is on its left, and no other task's label
        changes its values."""
        tasks = build_tasks(
            dict(
                parts=dict(
                    type='mtcp_mm.HumanPartsTask',
                    num_classes=3,
                    flip_pairs=[(1, 2)]),
                semseg=dict(type='mtcp_mm.SemSegTask', num_classes=3)))
        results = dict(
            img=np.zeros((1, 3, 3), np.uint8),
            tasks=tasks,
            seg_fields=['gt_parts', 'gt_semseg'],
            gt_parts=np.array([[0, 255, 1]], np.uint8),
            gt_semseg=np.array([[0, 2, 1]], np.uint8))
        results = MultiTaskRandomFlip(1.)(results)
        assert results['gt_parts'].tolist() == [[2, 255, 0]]
        assert results['gt_semseg'].tolist() == [[1, 2, 0]]

    @pytest.mark.parametrize('pairs', [
        [(1, 2), (2, 3)],
        [(1, 7)],
        [(1, 1)],
        [(1, )],
    ])
    def test_impossible_pairs(self, pairs):
        with pytest.raises(ValueError, match='flip_pairs.*different classes'):
            build(flip_pairs=pairs)

    def test_foreign_label_names_file(self):
        with pytest.raises(ValueError, match='a.mat holds label 7.*7 classes'):
            build().decode_label(np.array([[7]], np.uint8), 'a.mat')
