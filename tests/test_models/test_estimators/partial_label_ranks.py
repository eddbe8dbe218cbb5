# Copyright (c) mtcp_mm authors. All rights reserved.
"""One of two ranks of test_partial_labels.py: saves losses and gradients.

    python partial_label_ranks.py RANK FOLDER
"""
import os
import sys

import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from mtcp_mm.models.estimators import MultiTaskEstimator
from mtcp_mm.registry import MODELS
from mtcp_mm.structures import ModelOutput, TaskOutput

TASKS = dict(
    depth=dict(type='mtcp_mm.DepthTask'),
    normals=dict(type='mtcp_mm.NormalsTask'))


@MODELS.register_module()
class IdentityBackbone(nn.Module):
    """Passes the image on."""

    def forward(self, x):
        return (x, )


@MODELS.register_module()
class LinearHead(nn.Module):
    """A 1x1 convolution per task: without a norm over the batch."""

    def __init__(self, task_channels):
        super().__init__()
        self.convs = nn.ModuleDict(
            {t: nn.Conv2d(3, c, 1)
             for t, c in task_channels.items()})

    def forward(self, feats):
        return ModelOutput({
            t: TaskOutput(c(feats.of(t)[0]))
            for t, c in self.convs.items()
        })


def build(**weighting):
    torch.manual_seed(0)
    return MultiTaskEstimator(
        backbone=dict(type='mtcp_mm.IdentityBackbone'),
        decode_head=dict(type='mtcp_mm.LinearHead'),
        loss_weighting=dict(type='mtcp_mm.FixedWeighting', **weighting),
        tasks=TASKS)


def images_and_labels(labelled):
    """An image per entry, with labels of the tasks that the entry names."""
    rng = torch.Generator().manual_seed(1)
    images, samples = [], []
    for tasks in labelled:
        images.append(torch.randn(3, 6, 8, generator=rng))
        label = dict(
            depth=torch.rand(1, 6, 8, generator=rng) + 1,
            normals=nn.functional.normalize(
                torch.randn(3, 6, 8, generator=rng), dim=0))
        sample = SegDataSample()
        sample.set_data({f'gt_{t}': PixelData(data=label[t]) for t in tasks})
        samples.append(sample)
    return torch.stack(images), samples


def train_step(model, images, samples):
    """Losses per task, and gradients of their total by parameter."""
    losses = model(images, samples, mode='loss')
    inner = getattr(model, 'module', model)
    inner.parse_losses(losses)[0].backward()
    return inner.main_losses, {
        n: p.grad
        for n, p in inner.named_parameters()
    }


#: Per image, in the order of the ranks: what it is labelled for.
LABELLED = [('depth', 'normals'), ('depth', ), ('depth', 'normals'), ()]
WEIGHTINGS = dict(
    plain=dict(), weighted=dict(weights=dict(depth=3.)), log=dict(log=True))


def main(rank, folder):
    """Train a step on half of the images."""
    os.environ.update(MASTER_ADDR='127.0.0.1')
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2)
    images, samples = images_and_labels(LABELLED)
    mine = slice(2 * rank, 2 * rank + 2)
    found = {
        name: train_step(
            DistributedDataParallel(build(**weighting)), images[mine],
            samples[mine])
        for name, weighting in WEIGHTINGS.items()
    }
    torch.save(found, f'{folder}/rank{rank}.pth')


if __name__ == '__main__':
    main(int(sys.argv[1]), sys.argv[2])
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()  # else its threads may abort
