# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch

from mtcp_mm.models.heads import HFPHead, MTCPHead
from mtcp_mm.models.layers import DynamicFPN
from tests.test_models.head_tester import HeadTester, VariantTester, finals


class TestMTCPHead(HeadTester):
    head_type = MTCPHead

    def test_intermediate_strides(self):
        out = self.build()(torch.randn(2, 16, 13, 20))
        stages = out.tasks['depth'].stages
        sizes = {name: s.logits.shape[2:] for name, s in stages.items()}
        assert sizes == dict(inter0=(4, 5), inter1=(7, 10))

    def test_stages_weigh_as_much_as_the_final_logits(self):
        """Eq. 7: each of S stages counts 1 / S, with the task's loss."""
        for depths, weight in (((1, 2, 1), 1 / 2), ((1, 1), 1), ((1, ), None)):
            head = self.build(hfp=dict(depths=depths))
            for task in head(torch.randn(2, 16, 8, 8)).tasks.values():
                found = [(s.weight, s.criterion) for s in task.stages.values()]
                assert found == [(weight, None)] * (len(depths) - 1)

    def test_weight_of_the_intermediate_logits(self):
        """0.5 together are 0.25 each; the final logits keep 1."""
        head = self.build(2, intermediate_weight=.5)
        for task in head(torch.randn(2, 16, 8, 8)).tasks.values():
            weights = [s.weight for s in task.stages.values()]
            assert (weights, task.weight) == ([.25, .25], 1.)
        with pytest.raises(ValueError, match='`intermediate_weight`.*is -1'):
            self.build(intermediate_weight=-1.)

    def test_coherence_is_mean_over_tasks(self):
        """Oracle: cosine distances of what the CFMs return."""
        head = self.build().eval()
        found = []

        def distance(module, args, out):
            cosine = torch.cosine_similarity(out[1], out[2], dim=1)
            found.append(1 - cosine.mean())

        for fusion in head.fusions.values():
            fusion.register_forward_hook(distance)
        out = head(torch.randn(2, 16, 8, 8))
        assert list(out.losses) == ['coherence']
        torch.testing.assert_close(out.losses['coherence'], sum(found) / 3)

    def test_one_task_has_no_fusion(self):
        head = self.build(1)
        assert head.fusions is None
        assert not head(torch.randn(2, 16, 8, 8)).losses

    def test_tasks_see_each_other(self):
        """The depth decoder's weights move the semseg logits."""
        head = self.build().eval()
        x = torch.randn(2, 16, 12, 20)
        before = finals(head(x))['semseg']
        head.decoders['depth'].dfpn.convs[0].weight.data.add_(1.)
        assert not torch.allclose(before, finals(head(x))['semseg'])

    def test_parts_are_those_of_the_paper(self):
        head = self.build()
        assert isinstance(head.decoders['depth'].dfpn, DynamicFPN)
        fusion = head.fusions['depth']
        for block in (fusion.main_branch, fusion.aux_branch):
            assert [type(m).__name__ for m in block] == [
                'CBAM', 'BatchNorm2d', 'ReLU'
            ]
        for output in head.outputs.values():
            assert all(type(p) is torch.nn.Conv2d for p in output.predictors)


class TestMTCPHeadWithoutSRM(VariantTester):
    head_type = MTCPHead
    kwargs = dict(with_srm=False)

    def test_no_stages(self):
        out = self.build()(torch.randn(2, 16, 8, 8))
        assert not any(task.stages for task in out.tasks.values())


class TestMTCPHeadWithoutCFM(VariantTester):
    head_type = MTCPHead
    kwargs = dict(with_cfm=False)


class TestMTCPHeadWithoutCoherenceLoss(VariantTester):
    head_type = MTCPHead
    kwargs = dict(loss_coherence=None)

    def test_no_losses(self):
        assert not self.build()(torch.randn(2, 16, 8, 8)).losses


class TestMTCPHeadWithShortcuts(VariantTester):
    head_type = MTCPHead
    kwargs = dict(
        cfm=dict(shortcut='sum'),
        trace_back=dict(shortcut=True),
        shrink_targets=True)

    def test_stages_are_trained_at_their_own_size(self):
        out = self.build(2)(torch.randn(2, 16, 8, 8))
        assert all(stage.shrink_target for task in out.tasks.values()
                   for stage in task.stages.values())
        assert not any(stage.shrink_target for task in MTCPHead(
            dict(a=2, b=3), 16, 8)(torch.randn(2, 16, 8, 8)).tasks.values()
                       for stage in task.stages.values())

    def test_fused_map_reaches_the_final_logits(self):
        """Oracle: the predictor is linear, and the rest is unchanged."""
        head = self.build(2).eval()
        maps = {}
        for task, fusion in head.fusions.items():
            fusion.register_forward_hook(
                lambda m, args, out, task=task: maps.update({task: out[0]}))
        x = torch.randn(2, 16, 8, 8)
        found = finals(head(x))
        for output in head.outputs.values():
            output.shortcut = False
        for task, without in finals(head(x)).items():
            weight = head.outputs[task].predictors[-1].weight[:, :, 0, 0]
            added = torch.einsum('oc,nchw->nohw', weight, maps[task])
            torch.testing.assert_close(found[task], without + added)


class TestMTCPHeadWithGate(VariantTester):
    head_type = MTCPHead
    kwargs = dict(cfm=dict(shortcut='gated'))

    @staticmethod
    def seeded(build):
        """At a gain of 0 nothing behind it has a gradient."""
        head = VariantTester.seeded(build)
        for fusion in (getattr(head, 'fusions', None) or {}).values():
            torch.nn.init.ones_(fusion.gain)
        return head


class TestHFPHead(HeadTester):
    head_type = HFPHead
