# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mtcp_mm.models.heads import MTINetHead
from mtcp_mm.structures import Features
from tests.test_models.distillation_tester import (
    NYUD,
    NYUD_HELPED,
    PASCAL,
    DistillationTester,
    copy_own_weights,
    count,
)
from tests.test_models.head_tester import finals

SIZES = [(27, 35), (14, 18), (7, 9), (4, 5)]  # of a 107x140 image, about


def shrink(maps):
    """A second, coarser map beside a single one."""
    if len(maps) > 1:
        return maps
    return maps[0], F.avg_pool2d(maps[0], 2, ceil_mode=True)


class OfOneMap(MTINetHead):
    """The head, with :func:`shrink` before it."""

    def forward(self, feats):
        feats = Features.wrap(feats)
        return super().forward(
            Features(
                shrink(feats.shared) if feats.shared else (),
                {t: shrink(maps)
                 for t, maps in feats.per_task.items()}))


class TestMTINetHead(DistillationTester):
    """On two scales."""

    head_type = MTINetHead
    stage = 'scale0'

    def build(self, num_tasks=3, in_channels=16, task_order=None, **kwargs):
        channels = self.task_channels(num_tasks, *(
            () if task_order is None else (task_order, )))
        if isinstance(in_channels, int):
            in_channels = [in_channels] * 2
        kwargs.setdefault('channels', 16)
        return self.seeded(lambda: OfOneMap(channels, in_channels, **kwargs))

    def test_rejects_other_channels(self):
        with pytest.raises(ValueError, match=r'\(16, 16\).*\(8, 8\)'):
            self.build()(torch.rand(1, 8, 8, 8))


def build(tasks=('semseg', 'depth'), widths=(4, 5, 6, 7), **kwargs):
    channels = DistillationTester.task_channels(4)
    return DistillationTester.seeded(
        lambda: MTINetHead({t: channels[t] for t in tasks}, widths,
                           **kwargs)).eval()


def pyramid(widths=(4, 5, 6, 7)):
    return [torch.randn(2, c, *size) for c, size in zip(widths, SIZES)]


class TestParameters:
    """Oracle: the layers of the code of MTI-Net, counted in closed form; no
    backbone."""

    @pytest.mark.parametrize('tasks, helpers, expected', [
        (NYUD, (), 4_717_459),
        (NYUD_HELPED, ('edge', 'normals'), 10_977_401),
        (PASCAL, (), 20_633_451)])
    def test_of_the_code(self, tasks, helpers, expected):
        assert count(MTINetHead, tasks, helpers=helpers) == expected


class TestScales:

    def test_sizes(self):
        """Oracle: those of the maps, all of them odd somewhere."""
        out = build()(pyramid()).tasks['semseg']
        assert out.final.shape == (2, 5, *SIZES[0])
        assert {k: s.logits.shape for k, s in out.stages.items()} == {
            f'scale{i}': (2, 5, *size) for i, size in enumerate(SIZES)}

    def test_what_is_coarse_reaches_what_is_fine(self):
        """And not the other way round, but in the final logits."""
        head, maps = build(), pyramid()
        before = head(maps).tasks['depth']
        for i in (0, 3):
            moved = list(maps)
            moved[i] = moved[i] + 1
            after = head(moved).tasks['depth']
            assert not torch.equal(before.final, after.final)
            same = [torch.equal(before.stages[k].logits, s.logits)
                    for k, s in after.stages.items()]
            assert same == [j > i for j in range(4)]

    def test_without_messages_scales_are_fused_as_they_are(self):
        """Oracle: the refined maps, fetched at their predictors."""
        head, maps = build(['depth', 'edge']), pyramid()
        for distil in head.distil:
            for conv in distil.messages.modules():
                if isinstance(conv, nn.Conv2d):
                    nn.init.zeros_(conv.weight)
        seen = []
        for initial in head.initial:
            initial['edge'].predict.register_forward_hook(
                lambda m, args, out: seen.insert(0, args[0]))
        found = finals(head(maps))['edge']
        assert torch.equal(found, head.final['edge'](seen))

    def test_order_of_tasks_at_four_scales(self):
        """mmengine sorts them when it dumps a config; in the released layout
        their order means something."""
        names = ['semseg', 'depth', 'normals']
        head = build(names, layout='released')
        turned = build(names[::-1], layout='released')
        assert not copy_own_weights(turned, head)
        maps = pyramid()
        a, b = finals(head(maps)), finals(turned(maps))
        assert all(torch.equal(a[t], b[t]) for t in names)

    @pytest.mark.parametrize('channels, expected', [
        (None, (4, 5, 6, 7)), (8, (8, 8, 8, 8)), ((3, 3, 5, 9), (3, 3, 5, 9))])
    def test_widths(self, channels, expected):
        head = build(channels=channels)
        found = [initial['semseg'].predict.in_channels
                 for initial in head.initial]
        assert head.channels == tuple(found) == expected
        assert finals(head(pyramid()))['depth'].isfinite().all()

    def test_mistakes(self):
        with pytest.raises(ValueError, match="'semseg': 1.*PADNetHead"):
            build(widths=[8])
        with pytest.raises(ValueError, match="'depth': 3"):
            build(widths=dict(semseg=[4, 4], depth=[4, 4, 4]))
        with pytest.raises(ValueError, match=r'\(4, 4\) of 2 sc.* 4 maps'):
            build(channels=[4, 4])
        with pytest.raises(ValueError, match="'released', but is 'old'"):
            build(layout='old')
        with pytest.raises(ValueError, match="'source' or 'target'.*'both'"):
            build(gate='both')
