# Copyright (c) mtcp_mm authors. All rights reserved.
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn

from mtcp_mm.models.estimators import MultiTaskEstimator
from mtcp_mm.models.released import LimitedL1Loss, ReleasedLPSWeighting
from mtcp_mm.registry import MODELS
from mtcp_mm.structures import StageLoss, TaskLosses
from mtcp_mm.utils.settings import load_config_file

CONFIG = Path(__file__).parents[2] / 'configs' / 'mtcp_nyud_released.py'
SIZE = (18, 24)


class HalfSize(nn.Module):
    """Passes every second pixel on."""

    def forward(self, x):
        return (x[..., ::2, ::2], )


@pytest.fixture(autouse=True)
def toys():
    MODELS.register_module(module=HalfSize)
    yield
    MODELS.module_dict.pop('HalfSize')


@pytest.fixture(scope='module')
def cfg():
    return load_config_file(CONFIG).model


def build(cfg, stage_losses=True):
    """The head of the config, narrow; logits are made larger, and all
    sizes differ from that of the labels but one."""
    head = dict(cfg.decode_head, in_channels=3, channels=8)
    if not stage_losses:
        head.pop('stage_losses')
    torch.manual_seed(0)
    model = MultiTaskEstimator(
        backbone=dict(type='mtcp_mm.HalfSize'),
        decode_head=head,
        tasks=cfg.tasks,
        loss_weighting=cfg.loss_weighting)
    for output in model.decode_head.outputs.values():
        for predictor in output.predictors:
            predictor.convs[-1].weight.data.mul_(5)
    return model


def labels():
    """Two images; a few pixels of each label are void, some are far."""
    rng = torch.Generator().manual_seed(1)
    semseg = torch.randint(0, 40, (2, 1, *SIZE), generator=rng)
    semseg[:, 0, 0, :3] = 255
    depth = 10 * torch.rand(2, 1, *SIZE, generator=rng)
    depth[:, 0, 1, :3] = 0
    normals = nn.functional.normalize(
        torch.randn(2, 3, *SIZE, generator=rng), dim=1)
    normals[:, :, 2, :3] = 0
    return dict(semseg=semseg, depth=depth, normals=normals)


def step(model):
    """Losses of a step, and the logits per task, in the order inter0,
    inter1, final, at the size of the labels, float64."""
    samples = []
    for i in range(2):
        sample = SegDataSample()
        for task, label in labels().items():
            sample.set_data({f'gt_{task}': PixelData(data=label[i])})
        samples.append(sample)
    seen = []
    handle = model.decode_head.register_forward_hook(
        lambda module, args, out: seen.append(out))
    rng = torch.Generator().manual_seed(2)
    losses = model(
        torch.randn(2, 3, *SIZE, generator=rng), samples, mode='loss')
    handle.remove()
    maps = {}
    for task, out in seen[0].tasks.items():
        assert list(out.stages) == ['inter0', 'inter1']
        logits = [*(s.logits for s in out.stages.values()), out.final]
        maps[task] = [
            nn.functional.interpolate(
                x.detach().double(), SIZE, mode='bilinear').numpy()
            for x in logits
        ]
    return losses, maps


def cross_entropy(logits, label):
    logits = logits - logits.max(1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    valid = label[:, 0] != 255
    picked = np.take_along_axis(log_p, np.where(label == 255, 0, label), 1)
    return -picked[:, 0][valid].mean()


def capped_l1(pred, label, void):
    """The released L1: of every value that is known and below 6.5535."""
    counts = ~void & (label < 65535 * .01 * .01)
    return np.abs(pred - label)[counts].mean()


def released_losses(maps):
    """Intermediate and final losses per task by the rules of
    docs/paper_vs_code.md, points 11, 12 and 15, in NumPy float64."""
    label = {
        t: x.numpy() if t == 'semseg' else x.double().numpy()
        for t, x in labels().items()
    }
    far = (label['depth'] >= 6.5535).sum()
    assert far > 5
    no_depth = label['depth'] == 0
    no_normal = (label['normals'] == 0).all(1, keepdims=True)
    no_normal = np.broadcast_to(no_normal, label['normals'].shape)
    out = dict(semseg=[cross_entropy(m, label['semseg'])
                       for m in maps['semseg']],
               depth=[capped_l1(m, label['depth'], no_depth)
                      for m in maps['depth']],
               normals=[capped_l1(m, label['normals'], no_normal)
                        for m in maps['normals']])
    error = maps['normals'][2] - label['normals']
    out['normals'][2] = np.square(error)[~no_normal].mean()
    return out


class TestReleasedLosses:
    """Oracle: `released_losses`, for the tasks, the head and the weighting
    of configs/mtcp_nyud_released.py."""

    def test_every_loss(self, cfg):
        losses, maps = step(build(cfg))
        got = {
            task: [*(s.value.item() for s in losses.stages[task].values()),
                   main.item()]
            for task, main in losses.main.items()
        }
        expected = released_losses(maps)
        assert list(got) == list(expected)
        for task in expected:
            assert got[task] == pytest.approx(expected[task], rel=1e-5)
            # the logits are not all about 0, where rules would agree
            assert len({round(x, 2) for x in got[task]}) == 3

    def test_total_is_the_plain_sum_whatever_the_weights(self, cfg):
        model = build(cfg).eval()
        expected = sum(v[2] + (v[0] + v[1]) / 2
                       for v in released_losses(step(model)[1]).values())
        for means in (dict(semseg=2., depth=1., normals=1.),
                      dict(semseg=1., depth=1., normals=.5)):
            model.loss_weighting.update(means)
            assert set(model.loss_weighting.weights.values()) != {1.}
            total, _ = model.parse_losses(step(model)[0])
            assert total.item() == pytest.approx(expected, rel=1e-5)

    def test_stage_loss_defaults_to_the_final_one(self, cfg):
        losses, maps = step(build(cfg, stage_losses=False))
        label = labels()['normals'].double().numpy()
        known = (label != 0).any(1, keepdims=True) & np.ones_like(label, bool)
        expected = np.square(maps['normals'][0] - label)[known].mean()
        assert losses.stages['normals'][
            'inter0'].value.item() == pytest.approx(expected, rel=1e-5)


class TestLimitedL1Loss:
    """Oracle: NumPy in float64."""

    def test_far_pixels_do_not_count(self):
        """Neither in the sum nor in the number."""
        torch.manual_seed(0)
        valid = torch.rand(2, 4, 5) < .6
        pred, target = 10 * torch.rand(2, 2, 1, 4, 5)
        target[0, 0, 0, 0], valid[0, 0, 0] = 6.5535, True
        p, t = pred.double().numpy(), target.double().numpy()
        counts = valid.numpy()[:, None] & (t < np.float32(6.5535))
        assert 0 < counts.sum() < valid.sum()
        got = LimitedL1Loss(loss_weight=3.)(pred, target, valid)
        assert got.item() == pytest.approx(
            3 * np.abs(p - t)[counts].mean(), rel=1e-6)

    def test_all_targets_too_large_is_a_live_zero(self):
        pred = torch.randn(1, 1, 2, 2, requires_grad=True)
        loss = LimitedL1Loss(max_target=1.)(pred, torch.full((1, 1, 2, 2), 2.),
                                            torch.ones(1, 2, 2).bool())
        loss.backward()
        assert loss.item() == 0 and pred.grad.eq(0).all()


def released_weights(losses, factor):
    """The released epoch loop in NumPy, as docs/paper_vs_code.md states it:
    epoch 0 total / loss; then loss ratios over the ratio of the totals,
    spread around their mean, no floor. Losses (epochs, tasks)."""
    found = []
    for epoch, row in enumerate(losses):
        if epoch == 0:
            found.append(row.sum() / row)
            continue
        before = losses[epoch - 1]
        w = (row / before) / (row.sum() / before.sum())
        found.append(w.mean() + factor * (w - w.mean()))
    return np.stack(found)


class TestReleasedLPSWeighting:
    """Oracle: `released_weights`, and sums on paper."""

    @pytest.mark.parametrize('seed', range(5))
    def test_weights(self, seed):
        rng = np.random.default_rng(seed)
        losses = rng.lognormal(0, 1, (6, 3))
        weighting = ReleasedLPSWeighting(['a', 'b', 'c'])
        expected = released_weights(losses, 7.5)
        assert (expected < 0).any()
        for row, weights in zip(losses, expected):
            got = weighting.update(dict(zip('abc', row.tolist())))
            np.testing.assert_allclose([got[t] for t in 'abc'], weights, 1e-11)
            assert got == weighting.weights

    def test_first_weight_of_a_task_without_loss(self):
        weighting = ReleasedLPSWeighting(['a', 'b', 'c'])
        assert weighting.update(dict(a=1., b=3., c=0.)) == pytest.approx(
            dict(a=4., b=4 / 3, c=1.))

    def test_first_weights_are_not_set_again_after_a_resume(self):
        weighting, other = (ReleasedLPSWeighting('ab') for _ in range(2))
        weighting.update(dict(a=1., b=3.))
        other.load_state(weighting.get_state())
        # shares (1/4, 3/4) -> (1/3, 2/3): (4/3, 8/9), 10/9 +- 7.5 * 2/9
        assert other.update(dict(a=1., b=2.)) == pytest.approx(
            dict(a=25 / 9, b=-5 / 9))

    def test_weights_are_kept_but_do_not_act(self):
        """`total += (sum of intermediate losses) / 2`, without weight."""
        weighting = ReleasedLPSWeighting(['a', 'b'], kappa=2.5)
        for b in (3., 2.):
            weighting.update(dict(a=1., b=b))
        assert weighting.weights == pytest.approx(dict(a=15 / 9, b=5 / 9))
        theta = torch.ones(2, requires_grad=True)
        stages = dict(
            a=dict(
                inter0=StageLoss(theta[0], .5),
                inter1=StageLoss(2 * theta[0], .5)),
            b=dict(
                inter0=StageLoss(4 * theta[1], .5),
                inter1=StageLoss(8 * theta[1], .5)))
        total = weighting(
            TaskLosses(dict(a=9 * theta[0], b=18 * theta[1]), stages))
        total.backward()
        assert total.item() == 9 + 18 + 1.5 + 6
        assert theta.grad.tolist() == [10.5, 24.]
