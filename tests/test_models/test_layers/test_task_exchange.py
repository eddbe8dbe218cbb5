# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch

from mtcp_mm.models.layers import TaskExchange

TASKS = ['semseg', 'depth', 'normals', 'edge']


def build(num_tasks=3, channels=6, **kwargs):
    torch.manual_seed(0)
    block = TaskExchange(TASKS[:num_tasks], channels, scale=2, **kwargs)
    for name, parameter in block.named_parameters():
        if name.endswith('.gate'):
            torch.nn.init.normal_(parameter)
    return block.double().eval()


def maps_of(block, size=(5, 6)):
    return {t: torch.randn(2, 6, *size).double() for t in block.tasks}


class TestTaskExchange:

    @pytest.mark.parametrize('num_tasks, expected', [
        (2, 773_120), (3, 2_318_592), (4, 4_636_672)])
    def test_parameters_at_the_width_of_the_paper(self, num_tasks, expected):
        """Oracle: the layers of the released code, counted by hand: 0.77,
        2.32 and 4.64 M."""
        c = 128
        extract, attend = 9 * c * c + c, 2 * 9 * c * c // 2
        query_key_value, gate = 3 * (c * c + 2 * c), c
        project = 3 * c // 2 * c + 2 * c
        fuse = (num_tasks - 1) * c * c + 2 * c
        pair = extract + attend + query_key_value + gate + project
        by_hand = num_tasks * ((num_tasks - 1) * pair + fuse)
        block = TaskExchange(TASKS[:num_tasks], c)
        found = sum(p.numel() for p in block.parameters())
        assert found == by_hand == expected

    @pytest.mark.parametrize('num_tasks', [2, 4])
    def test_adds_what_the_others_bring(self, num_tasks):
        """Oracle: the sum over the others, written with one slice of the
        projection each, and its batch norm by hand."""
        block = build(num_tasks)
        maps = maps_of(block)
        for task, found in block(maps).items():
            others = sorted(set(block.tasks) - {task})
            weight = block.fuse[task].conv.weight[:, :, 0, 0]
            z = sum(
                torch.einsum('oc,nchw->nohw', weight[:, 6 * i:6 * i + 6],
                             block.pairs[task][other](maps[task],
                                                      maps[other]))
                for i, other in enumerate(others))
            z = z / (1 + 1e-5)**.5  # statistics are those of the start
            torch.testing.assert_close(found, maps[task] + z.clamp(min=0))

    def test_every_task_sees_all_others_and_only_its_image(self):
        block = build()
        maps = maps_of(block)
        for x in maps.values():
            x.requires_grad_()
        for found in block(maps).values():
            grads = torch.autograd.grad(found[0].sum(), list(maps.values()))
            for grad in grads:
                assert grad[0].abs().sum() > 0
                assert grad[1].eq(0).all()

    def test_order_of_tasks_means_nothing(self):
        """mmengine sorts them when it dumps a config."""
        block = build()
        turned = TaskExchange(
            list(reversed(block.tasks)), 6, scale=2).double().eval()
        turned.load_state_dict(block.state_dict())
        maps = maps_of(block)
        found = turned(maps)
        for task, expected in block(maps).items():
            assert torch.equal(found[task], expected)

    def test_mistakes(self):
        with pytest.raises(ValueError, match=r"two tasks.*\['depth'\]"):
            TaskExchange(['depth'], 8)
        block = build(2)
        with pytest.raises(ValueError, match=r"\['depth', 'semseg'\].*edge"):
            block(dict(edge=torch.rand(1, 6, 4, 4)))
