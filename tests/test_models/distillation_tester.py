# Copyright (c) mtcp_mm authors. All rights reserved.
import re

import pytest
import torch

from tests.test_models.head_tester import TASKS, HeadTester, finals, scalar

#: HRNet-W18-small-v2, and the tasks of the code of MTI-Net.
WIDTHS = [18, 36, 72, 144]
NYUD = dict(semseg=40, depth=1)
NYUD_HELPED = dict(NYUD, edge=1, normals=3)
PASCAL = dict(semseg=21, human_parts=7, saliency=1, normals=3, edge=1)


def count(head_type, tasks, **kwargs):
    """Parameters of a head, which are not allocated for that."""
    with torch.device('meta'):
        head = head_type(tasks, WIDTHS, **kwargs)
    return sum(p.numel() for p in head.parameters())


def copy_own_weights(head, other):
    """Load what a head has of the weights of another; the rest of them."""
    missing, rest = head.load_state_dict(other.state_dict(), strict=False)
    assert not missing
    return rest


class DistillationTester(HeadTester):
    """Heads where a task that only helps has nothing but an initial
    prediction."""

    #: Stage with its finest logits, of a task that does more.
    stage = None

    @pytest.mark.parametrize('num_tasks', [1, 2, 3, 4])
    def test_task_that_only_helps(self, num_tasks):
        """Oracle: the head where it does more. Its own branch of the
        distillation and its final layers are gone, all else is the same."""
        helper = list(TASKS)[num_tasks - 1]
        plain = self.build(num_tasks).eval()
        head = self.build(num_tasks, helpers=[helper]).eval()
        gone = re.compile(
            rf'(final|distil\.(\d\.)?(gates|messages))\.{helper}\.')
        rest = copy_own_weights(head, plain)
        assert rest and all(gone.match(key) for key in rest)
        x = torch.randn(2, 16, 12, 20)
        out, expected = head(x), plain(x)
        others = finals(expected)
        del others[helper]
        assert {t: x.shape for t, x in finals(out).items()} == {
            t: x.shape for t, x in others.items()}
        assert all(torch.equal(finals(out)[t], others[t]) for t in others)
        before = expected.tasks[helper].stages
        after = out.tasks[helper].stages
        before['helper'] = before.pop(self.stage)
        assert before.keys() == after.keys()
        assert all(torch.equal(before[key].logits, after[key].logits)
                   for key in before)
        scalar(out).backward()
        assert all(p.grad is not None for p in head.parameters())
