# Copyright (c) mtcp_mm authors. All rights reserved.
"""Estimators of which one can say what they must answer."""
import torch
import torch.nn.functional as F
from torch import nn

from mtcp_mm.models.estimators import MultiTaskEstimator
from mtcp_mm.structures import ModelOutput, TaskOutput

TASKS = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=4),
    depth=dict(type='mtcp_mm.DepthTask'),
    normals=dict(type='mtcp_mm.NormalsTask'),
    edge=dict(type='mtcp_mm.EdgeTask'))
PREPROCESSOR = dict(
    type='mtcp_mm.MultiTaskDataPreProcessor', mean=[120.] * 3, std=[60.] * 3,
    test_cfg=dict(size_divisor=8))


class SeeingBackbone(nn.Sequential):
    """Stride 4; every output depends on its surroundings."""

    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(),
            nn.Conv2d(4, 3, 5, padding=2, stride=4))

    def forward(self, x):
        return (super().forward(x), )


class LinearHead(nn.Module):
    """A 1x1 convolution per task, with logits around 1."""

    def __init__(self, task_channels):
        super().__init__()
        self.convs = nn.ModuleDict(
            {t: nn.Conv2d(3, c, 1) for t, c in task_channels.items()})
        for conv in self.convs.values():
            nn.init.ones_(conv.bias)

    def forward(self, feats):
        return ModelOutput({
            task: TaskOutput(conv(feats.of(task)[0]))
            for task, conv in self.convs.items()
        })


class PassingBackbone(nn.Module):
    """The image itself."""

    def forward(self, x):
        return (x, )


class GradientHead(nn.Module):
    """What it answers turns with a mirror, and is nearer in a zoom.

    Depth is the length of the horizontal gradient, which half the slope of a
    ramp halves; normals lean against the gradient.
    """

    def __init__(self, task_channels):
        super().__init__()
        self.anchor = nn.Parameter(torch.zeros(1))

    def forward(self, feats):
        x, = feats.of('depth')
        grey = x.mean(1, keepdim=True)
        edge = F.pad(grey, (1, ) * 4, mode='replicate')
        dx = edge[..., 1:-1, 2:] - edge[..., 1:-1, :-2]
        dy = edge[..., 2:, 1:-1] - edge[..., :-2, 1:-1]
        return ModelOutput(
            dict(
                semseg=TaskOutput(torch.cat([x, grey], 1)),
                depth=TaskOutput(dx.abs()),
                normals=TaskOutput(torch.cat([dx, dy, dx * 0 - 1], 1)),
                edge=TaskOutput(grey)))


def toy(backbone=SeeingBackbone, head=LinearHead, tasks=TASKS, **kwargs):
    """An estimator with the same random weights every time."""
    torch.manual_seed(0)
    return MultiTaskEstimator(
        backbone=dict(type=backbone), decode_head=dict(type=head),
        tasks=tasks, **kwargs).eval().requires_grad_(False)
