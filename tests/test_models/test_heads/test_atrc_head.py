# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
import torch.nn.functional as F
from mmseg.models import FCNHead
from torch import nn

from mtcp_mm.models.heads import ATRCHead
from mtcp_mm.models.losses import LogDepthBinLoss, NormalsClusterLoss
from tests.test_models.head_tester import TASKS, HeadTester
from tests.test_models.test_layers.test_global_context import naive_global
from tests.test_models.test_layers.test_label_context import naive_label
from tests.test_models.test_layers.test_local_context import naive_local

#: Every kind of context, and a task that asks nobody.
ALL_KINDS = dict(
    tasks=list(TASKS),
    rows=[[3, 2, 4, 0], [4, 3, 1, 4], [0, 0, 0, 0], [1, 4, 2, 3]])
NYUD = dict(semseg=40, depth=1, normals=3, edge=1)
PASCAL = dict(semseg=21, human_parts=7, saliency=2, normals=3, edge=1)
W18, W48 = [18, 36, 72, 144], [48, 96, 192, 384]


def open_norms(build):
    """At a norm of 0 the contexts have no effect."""
    head = HeadTester.seeded(build)
    for sequence in head.collect.values():
        nn.init.normal_(sequence[1].weight)
    return head


def build(tasks=('semseg', 'depth'), genotype=ALL_KINDS, in_channels=16,
          channels=8, **kwargs):
    return open_norms(lambda: ATRCHead(
        {t: TASKS[t] for t in tasks}, genotype, in_channels=in_channels,
        channels=channels, **kwargs))


def norm(layer, x):
    """Batch norm with the statistics of the start, by hand."""
    weight, bias = (p.view(1, -1, 1, 1) for p in (layer.weight, layer.bias))
    return x / (1 + layer.eps)**.5 * weight + bias


class TestATRCHead(HeadTester):
    head_type = ATRCHead
    kwargs = dict(genotype=ALL_KINDS)
    seeded = staticmethod(open_norms)


class TestParameters:
    """Oracle: the counts of the authors' modules."""

    @pytest.mark.parametrize('genotype, tasks, widths, expected', [
        ('nyud_w18', NYUD, W18, 1_200_274),
        ('nyud_w48', NYUD, W48, 7_153_827),
        ('pascal_w18', PASCAL, W18, 1_522_422)])
    def test_of_the_head(self, genotype, tasks, widths, expected):
        with torch.device('meta'):
            head = ATRCHead(tasks, genotype, widths)
        assert sum(p.numel() for p in head.parameters()) == expected

    def test_classes_of_auxiliary_logits(self):
        """Oracle: the channels in the authors' code."""
        found = [
            {t: x[1].out_channels for t, x in
             ATRCHead(tasks, name, 16).auxiliary.items()}
            for tasks, name in ((NYUD, 'nyud_w18'), (PASCAL, 'pascal_w18'))]
        assert found == [
            dict(semseg=40, depth=40, normals=40, edge=2),
            dict(semseg=21, human_parts=7, saliency=2, normals=40, edge=2)]


class TestContexts:

    def test_matches_naive(self):
        """Oracle: the head written out, with loops in float64 for the
        contexts: semseg asks itself, depth and edge; edge asks all."""
        head = build(('semseg', 'depth', 'edge'),
                     in_channels=[6, 10]).double().eval()
        x = torch.randn(2, 6, 4, 3).double()
        y = torch.randn(2, 10, 2, 2).double()
        out = head((x, y))
        x = torch.cat([x, F.interpolate(y, (4, 3), mode='bilinear')], 1)
        maps = {
            t: norm(m.bn, F.conv2d(x, m.conv.weight, padding=1)).relu()
            for t, m in head.reduce.items()
        }
        logits = {
            t: m[1](norm(m[0].bn, m[0].conv(x)).relu())
            for t, m in head.auxiliary.items()
        }
        for task, sources in dict(
                semseg=dict(depth=naive_local, semseg='semseg'),
                edge=dict(depth='depth', edge='edge',
                          semseg=naive_global)).items():
            found = [
                naive_label(head.contexts[task][s], maps[task], maps[s],
                            logits[how]) if isinstance(how, str) else
                how(head.contexts[task][s], maps[task], maps[s])
                for s, how in sources.items()
            ]
            conv, bn = head.collect[task]
            z = norm(bn, F.conv2d(torch.cat(found, 1), conv.weight))
            merge = head.merge[task]
            z = norm(merge.bn, F.conv2d(torch.cat([maps[task], z], 1),
                                        merge.conv.weight)).relu()
            torch.testing.assert_close(out.tasks[task].final,
                                       head.predictors[task](z))
            torch.testing.assert_close(
                out.tasks[task].stages['auxiliary'].logits, logits[task])

    def test_no_context_at_all_is_a_fcn_head(self):
        """Oracle: that of mmseg."""
        none = {t: dict.fromkeys(('semseg', 'depth'), 'none')
                for t in ('semseg', 'depth')}
        head = build(genotype=none, in_channels=[6, 10]).eval()
        feats = [torch.randn(2, 6, 8, 6), torch.randn(2, 10, 4, 3)]
        for task, output in head(feats).tasks.items():
            fcn = FCNHead(
                in_channels=[6, 10], in_index=[0, 1], channels=8,
                num_classes=TASKS[task], num_convs=1, concat_input=False,
                input_transform='resize_concat', align_corners=False,
                norm_cfg=dict(type='BN'), threshold=.5).eval()
            fcn.convs[0].load_state_dict(head.reduce[task].state_dict())
            fcn.conv_seg.load_state_dict(head.predictors[task].state_dict())
            torch.testing.assert_close(output.final, fcn(feats))
            assert not output.stages

    def test_they_are_silent_at_the_start(self):
        """Also after the estimator has initialised the head. Oracle: a task's
        own map alone, merged by hand."""
        head = ATRCHead(dict(depth=1), 'nyud_w18', 16, 8)
        head.init_weights()
        head.eval()
        x = torch.randn(2, 16, 5, 4)
        own = head.reduce['depth'](x)
        merge = head.merge['depth']
        z = F.conv2d(own, merge.conv.weight[:, :8])
        expected = head.predictors['depth'](norm(merge.bn, z).relu())
        torch.testing.assert_close(head(x).tasks['depth'].final, expected)

    def test_logits_start_small(self):
        """Oracle: N(0, 0.01), and no bias."""
        head = ATRCHead(NYUD, 'nyud_w18', 40)
        head.init_weights()
        convs = [*head.predictors.values(),
                 *(x[1] for x in head.auxiliary.values())]
        weights = torch.cat([c.weight.flatten() for c in convs])
        assert weights.std().item() == pytest.approx(.01, rel=.05)
        assert all(c.bias.eq(0).all() for c in convs)


class TestAuxiliary:

    def test_encoder_does_not_learn_from_them(self):
        x = torch.randn(2, 16, 5, 4, requires_grad=True)
        out = build()(x).tasks['semseg']
        assert not torch.autograd.grad(
            out.stages['auxiliary'].logits.sum(), x, retain_graph=True,
            allow_unused=True, materialize_grads=True)[0].any()
        assert torch.autograd.grad(out.final.sum(), x)[0].any()

    def test_only_where_a_label_context_asks(self):
        rows = [[1, 4, 0, 0], [0, 1, 2, 0], [0, 0, 3, 0], [1, 1, 1, 1]]
        head = build(list(TASKS), dict(tasks=list(TASKS), rows=rows))
        out = head(torch.randn(2, 16, 5, 4))
        assert [t for t, x in out.tasks.items() if x.stages] == [
            'depth', 'normals']

    def test_criteria(self):
        out = build(list(TASKS), 'nyud_w18', auxiliary=dict(
            depth=dict(type='mtcp_mm.LogDepthBinLoss', num_classes=12),
            edge=3))(torch.randn(2, 16, 5, 4))
        stages = {t: x.stages['auxiliary'] for t, x in out.tasks.items()}
        assert {t: s.logits.shape[1] for t, s in stages.items()} == dict(
            semseg=5, depth=12, normals=40, edge=3)
        assert isinstance(stages['depth'].criterion, LogDepthBinLoss)
        assert isinstance(stages['normals'].criterion, NormalsClusterLoss)
        # the loss of the task
        assert stages['semseg'].criterion is stages['edge'].criterion is None
        assert {s.weight for s in stages.values()} == {1.}

    def test_classes_of_one_logit(self):
        """Their softmax over one region would be 1 at every pixel."""
        with pytest.raises(ValueError, match='classes of `edge`.*1 logit'):
            build(list(TASKS), 'nyud_w18', auxiliary=dict(edge=1))

    def test_mistake(self):
        with pytest.raises(ValueError, match=r"`auxiliary`.*\['parts'\]"):
            build(auxiliary=dict(parts=7))
