# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
import torch.nn.functional as F
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn

from mtcp_mm.models.estimators.step_losses import step_losses
from mtcp_mm.registry import MODELS
from mtcp_mm.structures import ModelOutput, Stage, TaskOutput
from mtcp_mm.tasks import build_tasks


@pytest.fixture
def tasks():
    return build_tasks(
        dict(
            depth=dict(type='mtcp_mm.DepthTask'),
            coherence=dict(type='mtcp_mm.NormalsTask')))


@pytest.fixture
def samples():
    out = []
    for _ in range(2):
        sample = SegDataSample()
        depth = torch.rand(1, 8, 12) * 9 + .5
        depth[0, 0] = 0
        sample.set_data(dict(
            gt_depth=PixelData(data=depth),
            gt_coherence=PixelData(
                data=F.normalize(torch.randn(3, 8, 12), dim=0))))
        out.append(sample)
    return out


def losses_of(out, tasks, samples, **extra):
    criteria = {n: MODELS.build(t.loss_cfg) for n, t in tasks.items()}
    return step_losses(ModelOutput(out, extra), tasks, criteria, samples)


class Bins(nn.Module):
    """Depth as one of 10 bins of a metre, on the grid of the logits."""

    def forward(self, logits, target, valid):
        side = target.shape[2] // logits.shape[2]
        bins = target[:, 0, ::side, ::side].long().clamp(max=9)
        keep = valid[:, ::side, ::side]
        return F.cross_entropy(
            logits.movedim(1, -1)[keep], bins[keep])


class TestStepLosses:
    """Oracle: the losses of torch, by hand."""

    def test_stage_with_its_own_criterion(self, tasks, samples):
        """Discretised, coarse targets; other channels than the task has."""
        final, coarse = torch.randn(2, 1, 4, 6), torch.randn(2, 10, 4, 6)
        losses = losses_of(
            dict(depth=TaskOutput(final, dict(
                bins=Stage(coarse, Bins(), .3), plain=Stage(final)))),
            tasks, samples)
        target = torch.stack([s.gt_depth.data for s in samples])
        every = target[:, 0, ::2, ::2]
        expected = [
            F.cross_entropy(coarse[i, :, y, x], every[i, y, x].long())
            for i in range(2) for y in range(1, 4) for x in range(6)
        ]
        bins, weight = losses.stages['depth']['bins']
        torch.testing.assert_close(bins, sum(expected) / len(expected))
        assert weight == .3
        upsampled = F.interpolate(final, (8, 12), mode='bilinear')
        error = (upsampled - target).abs()[target > 0].mean()
        torch.testing.assert_close(losses.main['depth'], error)
        plain, weight = losses.stages['depth']['plain']
        assert torch.equal(plain, losses.main['depth']) and weight == 1

    @pytest.mark.parametrize('size, rows, cols', [
        ((4, 6), [1, 3, 5, 7], [1, 3, 5, 7, 9, 11]),
        ((3, 4), [1, 4, 6], [1, 4, 7, 10]),  # at 1.3, 4, 6.7 of 8 rows
    ])
    def test_stage_at_its_own_size(self, samples, size, rows, cols):
        """Whole numbers and floats, pixels in the middle of a coarse one."""
        tasks = build_tasks(
            dict(
                depth=dict(type='mtcp_mm.DepthTask'),
                semseg=dict(type='mtcp_mm.SemSegTask', num_classes=5)))
        for sample in samples:
            sample.set_data(dict(
                gt_semseg=PixelData(data=torch.randint(5, (1, 8, 12)))))
        samples[0].gt_semseg.data[:, :5] = 255
        depth, semseg = torch.randn(2, 1, *size), torch.randn(2, 5, *size)
        losses = losses_of(
            {name: TaskOutput(logits, dict(own=Stage(
                logits, shrink_target=True)))
             for name, logits in dict(depth=depth, semseg=semseg).items()},
            tasks, samples)
        at = torch.tensor(rows)[:, None], torch.tensor(cols)
        target = torch.stack([s.gt_depth.data[0][at] for s in samples])
        torch.testing.assert_close(
            losses.stages['depth']['own'].value,
            (depth[:, 0] - target).abs()[target > 0].mean())
        target = torch.stack([s.gt_semseg.data[0][at] for s in samples])
        torch.testing.assert_close(
            losses.stages['semseg']['own'].value,
            F.cross_entropy(semseg, target, ignore_index=255))

    def test_nothing_labelled_among_the_pixels_of_a_stage(self, samples):
        tasks = build_tasks(dict(depth=dict(type='mtcp_mm.DepthTask')))
        for sample in samples:
            sample.gt_depth.data.zero_()
            sample.gt_depth.data[0, 0, 0] = 3.
        logits = torch.randn(2, 1, 4, 6)
        own = Stage(logits, shrink_target=True)
        losses = losses_of(
            dict(depth=TaskOutput(None, dict(own=own))), tasks, samples)
        assert losses.stages['depth']['own'].value == 0

    def test_factor_of_the_final_logits(self, tasks, samples):
        """It leaves the loss of the log alone."""
        logits = torch.randn(2, 1, 8, 12)
        plain, halved = (
            losses_of(dict(depth=TaskOutput(logits, weight=w)), tasks, samples)
            for w in (1., .5))
        assert torch.equal(plain.main['depth'], halved.main['depth'])
        assert halved.main_weights == dict(depth=.5)

    def test_task_called_like_a_loss_of_the_head(self, tasks, samples):
        """Both are there: a task `coherence`, and the loss of that name."""
        logits = torch.randn(2, 3, 8, 12)
        losses = losses_of(
            dict(coherence=TaskOutput(logits)), tasks, samples,
            coherence=torch.tensor(7.))
        target = torch.stack([s.gt_coherence.data for s in samples])
        expected = (F.normalize(logits, dim=1) - target).abs().mean()
        torch.testing.assert_close(losses.main['coherence'], expected)
        assert losses.extra['coherence'] == 7
        log = losses.to_log(torch.tensor(0.))
        assert log['coherence.loss'] is losses.main['coherence']
        assert log['loss_coherence'] is losses.extra['coherence']

    def test_helper_has_no_main_loss(self, tasks, samples):
        logits = torch.randn(2, 1, 8, 12)
        out = dict(depth=TaskOutput(None, dict(helper=Stage(logits))))
        losses = losses_of(out, tasks, samples)
        target = torch.stack([s.gt_depth.data for s in samples])
        assert not losses.main
        torch.testing.assert_close(
            losses.stages['depth']['helper'].value,
            (logits - target).abs()[target > 0].mean())

    def test_without_labels_a_zero_keeps_the_graph(self, tasks):
        logits = torch.randn(2, 1, 8, 12, requires_grad=True)
        stage = torch.randn(2, 1, 4, 6, requires_grad=True)
        losses = losses_of(
            dict(depth=TaskOutput(logits, dict(s=Stage(stage)))), tasks,
            [SegDataSample(), SegDataSample()])
        assert not losses.main and not losses.stages
        losses.anchor.backward()
        assert losses.anchor == 0
        for x in (logits, stage):
            assert torch.equal(x.grad, torch.zeros_like(x))
