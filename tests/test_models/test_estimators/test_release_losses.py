# Copyright (c) mtcp_mm authors. All rights reserved.
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn

from mtcp_mm.models.estimators import MultiTaskEstimator
from mtcp_mm.registry import MODELS
from mtcp_mm.structures import TaskLogits

CONFIG = Path(__file__).parents[3] / 'configs' / 'mtcp_nyud_released.py'
SIZE = (6, 8)


class PassOn(nn.Module):

    def forward(self, x):
        return (x, )


class Scales(nn.Module):
    """Logits of a task: one number times random maps, at full size."""

    def __init__(self, task_channels):
        super().__init__()
        self.scale = nn.ParameterDict(
            {t: torch.tensor(1.5)
             for t in task_channels})
        rng = torch.Generator().manual_seed(0)
        self.maps = {
            t: 2 * torch.randn(3, 2, c, *SIZE, generator=rng)
            for t, c in task_channels.items()
        }

    def forward(self, feats):
        return {
            t: TaskLogits(scale * self.maps[t][2],
                          tuple(scale * m for m in self.maps[t][:2]))
            for t, scale in self.scale.items()
        }


@pytest.fixture(autouse=True)
def toys():
    for toy in (PassOn, Scales):
        MODELS.register_module(module=toy)
    yield
    for toy in (PassOn, Scales):
        MODELS.module_dict.pop(toy.__name__)


@pytest.fixture(scope='module')
def cfg():
    return Config.fromfile(CONFIG).model


def build(tasks, weighting):
    return MultiTaskEstimator(
        backbone=dict(type='mtcp_mm.PassOn'),
        decode_head=dict(type='mtcp_mm.Scales'),
        tasks=tasks,
        loss_weighting=weighting)


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


def losses_of(model):
    samples = []
    for i in range(2):
        sample = SegDataSample()
        for task, label in labels().items():
            sample.set_data({f'gt_{task}': PixelData(data=label[i])})
        samples.append(sample)
    return model(torch.zeros(2, 3, *SIZE), samples, mode='loss')


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


def released_losses(head):
    """Final and intermediate losses per task by the rules of
    docs/paper_vs_code.md, points 11, 12 and 15, in NumPy float64."""
    maps = {
        t: 1.5 * m.double().numpy()
        for t, m in head.maps.items()
    }
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
    """Oracle: `released_losses`, for the tasks and the weighting of
    configs/mtcp_nyud_released.py."""

    def test_every_loss(self, cfg):
        model = build(cfg.tasks, cfg.loss_weighting)
        got = {k: v.item() for k, v in losses_of(model).items()}
        expected = {
            f'{task}.{name}': value
            for task, values in released_losses(model.decode_head).items()
            for name, value in zip(('loss_inter0', 'loss_inter1',
                                    'loss'), values)
        }
        assert got == pytest.approx(expected, rel=1e-5)

    def test_total_is_the_plain_sum_whatever_the_weights(self, cfg):
        model = build(cfg.tasks, cfg.loss_weighting)
        raw = released_losses(model.decode_head)
        expected = sum(v[2] + (v[0] + v[1]) / 2 for v in raw.values())
        for losses in (dict(semseg=2., depth=1., normals=1.),
                       dict(semseg=1., depth=1., normals=.5)):
            model.loss_weighting.update(losses)
            assert set(model.loss_weighting.weights.values()) != {1.}
            total, _ = model.parse_losses(losses_of(model))
            assert total.item() == pytest.approx(expected, rel=1e-5)

    def test_intermediate_loss_defaults_to_the_final_one(self, cfg):
        tasks = {t: dict(v) for t, v in cfg.tasks.items()}
        tasks['normals'].pop('intermediate_loss')
        model = build(tasks, None)
        maps = model.decode_head.maps['normals']
        label = labels()['normals']
        known = (label != 0).any(1, keepdim=True).expand_as(label)
        expected = (1.5 * maps[0] - label).square()[known].mean()
        torch.testing.assert_close(
            losses_of(model)['normals.loss_inter0'], expected)


class TestLPSReachesTheGradient:
    """Oracle: the gradient with equal weights, times the weight; every task
    has one parameter of its own."""

    updates = [
        dict(semseg=3., depth=1., normals=.5),
        dict(semseg=2.9, depth=.5, normals=.2)
    ]

    def gradients(self, cfg, **options):
        tasks = {t: dict(v) for t, v in cfg.tasks.items()}
        model = build(tasks, dict(type='mtcp_mm.LPSWeighting', **options))
        for losses in self.updates:
            model.loss_weighting.update(losses)
        model.parse_losses(losses_of(model))[0].backward()
        grads = {
            t: p.grad.item()
            for t, p in model.decode_head.scale.items()
        }
        return grads, model.loss_weighting.weights

    @pytest.mark.parametrize('log', [True, False])
    def test_each_task_by_its_weight(self, cfg, log):
        equal, ones = self.gradients(cfg, log=log, prioritise=False)
        assert set(ones.values()) == {1.}
        for kappa in (1., 2.5):
            got, weights = self.gradients(cfg, log=log, kappa=kappa)
            assert len({round(w, 2) for w in weights.values()}) == 3
            assert got == pytest.approx(
                {t: w * equal[t]
                 for t, w in weights.items()}, rel=1e-5)

    def test_not_with_apply_false(self, cfg):
        equal, _ = self.gradients(cfg, prioritise=False)
        got, weights = self.gradients(cfg, apply=False)
        assert got == equal and set(weights.values()) != {1.}
