# Copyright (c) mtcp_mm authors. All rights reserved.
import torch

from mtcp_mm.models.heads import HFPHead, MTCPHead
from tests.test_models.head_tester import HeadTester


class TestMTCPHead(HeadTester):
    head_type = MTCPHead

    def test_intermediate_strides(self):
        out = self.build()(torch.randn(2, 16, 13, 20))
        shapes = [tuple(x.shape[2:]) for x in out['depth'].intermediate]
        assert shapes == [(4, 5), (7, 10)]

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
        total = sum(x.aux_losses['coherence'] for x in out.values())
        torch.testing.assert_close(total, sum(found) / 3)

    def test_one_task_has_no_fusion(self):
        head = self.build(1)
        assert head.fusions is None
        assert not head(torch.randn(2, 16, 8, 8))['semseg'].aux_losses

    def test_tasks_see_each_other(self):
        """The depth decoder's weights move the semseg logits."""
        head = self.build().eval()
        x = torch.randn(2, 16, 12, 20)
        before = head(x)['semseg'].final
        head.decoders['depth'].dfpn.convs[0].weight.data.add_(1.)
        assert not torch.allclose(before, head(x)['semseg'].final)


class TestMTCPHeadWithoutSRM(HeadTester):
    head_type = MTCPHead
    kwargs = dict(with_srm=False)


class TestMTCPHeadWithoutCFM(HeadTester):
    head_type = MTCPHead
    kwargs = dict(with_cfm=False)


class TestMTCPHeadWithoutCoherenceLoss(HeadTester):
    head_type = MTCPHead
    kwargs = dict(loss_coherence=None)


class TestHFPHead(HeadTester):
    head_type = HFPHead
