# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
from torch import nn

from mtcp_mm.models.heads import PADNetHead
from tests.test_models.distillation_tester import (
    NYUD,
    NYUD_HELPED,
    PASCAL,
    DistillationTester,
    copy_own_weights,
    count,
)
from tests.test_models.head_tester import finals

PAIR = 2 * 9 * 256**2  # two 3x3 convolutions without bias


class TestPADNetHead(DistillationTester):
    head_type = PADNetHead
    stage = 'initial'


class TestParameters:
    """Oracle: the layers of the code of MTI-Net, counted in closed form, with
    the convolution that fuses the four maps; no backbone."""

    @pytest.mark.parametrize('tasks, expected', [
        (NYUD, 3_158_336), (PASCAL, 25_444_272)])
    def test_of_the_code(self, tasks, expected):
        assert count(PADNetHead, tasks) == expected

    def test_helpers_have_no_final_prediction(self):
        """Oracle: a helper adds an initial branch, and sends to both."""
        block = (270 * 64 + 128) + (9 * 64**2 + 128) + (64 * 256 + 512)
        second = (256 * 64 + 128) + (9 * 64**2 + 128) + (64 * 256 + 512)
        initial = block + (270 * 256 + 512) + second
        logits = 257 * (1 + 3)
        assert count(
            PADNetHead, NYUD_HELPED, helpers=['edge', 'normals']) == (
                3_158_336 + 2 * initial + logits + 2 * 2 * PAIR)


class TestDistillation:

    def test_without_messages_tasks_are_apart(self):
        """Oracle: the head of one task with the weights of that task."""
        tester = TestPADNetHead()
        head, alone = tester.build(3).eval(), tester.build(1).eval()
        for conv in head.distil.messages.modules():
            if isinstance(conv, nn.Conv2d):
                nn.init.zeros_(conv.weight)
        copy_own_weights(alone, head)
        x = torch.randn(2, 16, 9, 7)
        assert torch.equal(
            finals(head(x))['semseg'], finals(alone(x))['semseg'])

    def test_a_single_task_is_its_two_branches(self):
        """Oracle: one after the other, nothing between them."""
        head = TestPADNetHead().build(1, in_channels=[8, 16]).eval()
        maps = [torch.randn(2, 8, 9, 7), torch.randn(2, 16, 5, 4)]
        x, initial = head.initial['semseg'](head.fuse(maps))
        out = head(maps).tasks['semseg']
        assert torch.equal(out.stages['initial'].logits, initial)
        final = head.final['semseg']
        assert torch.equal(out.final, final.predict(final.refine(x)))

    def test_mistakes(self):
        with pytest.raises(ValueError, match='multiple of 4.* is 10'):
            PADNetHead(NYUD, [8], channels=10)
        with pytest.raises(ValueError, match="'source' or 'target'.*'both'"):
            PADNetHead(NYUD, [8], gate='both')
