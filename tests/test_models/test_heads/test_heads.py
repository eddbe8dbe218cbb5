# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch

from mtcp_mm.models.heads import HFPHead, MTCPHead

TASKS = dict(semseg=5, depth=1, normals=3, edge=1)


class HeadTester:
    """What every head must do, whatever its inside; a subclass names it."""

    head_type = None
    kwargs = dict()

    def build(self, num_tasks=3, in_channels=16, **kwargs):
        torch.manual_seed(0)
        return self.head_type(
            in_channels=in_channels,
            task_channels=dict(list(TASKS.items())[:num_tasks]),
            channels=16,
            **self.kwargs,
            **kwargs)

    @pytest.mark.parametrize('num_tasks', [1, 2, 3, 4])
    @pytest.mark.parametrize('size', [(16, 24), (13, 9), (7, 5)])
    def test_shapes(self, num_tasks, size):
        head = self.build(num_tasks)
        out = head(torch.randn(2, 16, *size))
        assert list(out) == list(TASKS)[:num_tasks]
        for task, logits in out.items():
            assert logits.final.shape == (2, TASKS[task], *size)

    @pytest.mark.parametrize('num_tasks', [1, 2, 4])
    def test_gradient_reaches_every_parameter(self, num_tasks):
        head = self.build(num_tasks)
        total = 0
        for logits in head(torch.randn(2, 16, 12, 20)).values():
            for x in (logits.final, *logits.intermediate):
                total = total + x.square().sum()
            total = total + sum(logits.aux_losses.values())
        total.backward()
        idle = [n for n, p in head.named_parameters() if p.grad is None]
        assert not idle

    def test_takes_a_pyramid(self):
        head = self.build(in_channels=[8, 16, 32])
        feats = [
            torch.randn(2, c, h, w)
            for c, h, w in ((8, 13, 20), (16, 7, 10), (32, 4, 5))
        ]
        assert head(feats)['depth'].final.shape == (2, 1, 13, 20)

    def test_rejects_other_channels(self):
        with pytest.raises(ValueError, match=r'\(16,\).*\(8,\)'):
            self.build()(torch.rand(1, 8, 8, 8))

    def test_state_dict_round_trip(self):
        x = torch.randn(2, 16, 12, 20)
        head, other = self.build().eval(), self.build().eval()
        for p in other.parameters():
            p.data.normal_()
        other.load_state_dict(head.state_dict())
        a, b = head(x), other(x)
        assert all(torch.equal(a[t].final, b[t].final) for t in a)

    def test_images_of_a_batch_do_not_mix_in_evaluation(self):
        """Oracle: the same images one by one."""
        head = self.build().eval()
        x = torch.randn(3, 16, 13, 20)
        batch = head(x)
        for i in range(3):
            single = head(x[i:i + 1])
            for task in batch:
                torch.testing.assert_close(batch[task].final[i],
                                           single[task].final[0])


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
