# Copyright (c) mtcp_mm authors. All rights reserved.
"""Gradients of two micro-steps of training, on one rank or two.

    python weighting_ranks.py RANK FOLDER

The toy model is in float64 and has no norm over the batch, so both must give
the same numbers.
"""
import itertools
import os
import sys

import torch
import torch.nn.functional as F
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn

from mtcp_mm.models.estimators import MultiTaskEstimator
from mtcp_mm.models.heads import MultiTaskHead
from mtcp_mm.structures import Features, ModelOutput, Stage

TASKS = dict(
    depth=dict(type='mtcp_mm.DepthTask'),
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=3),
    normals=dict(type='mtcp_mm.NormalsTask', helper=True))
STATE = dict(
    weights=dict(depth=.5, semseg=2., normals=1.), shares={},
    losses=dict(depth=[], semseg=[], normals=[]))
WEIGHTINGS = dict(
    equal=dict(type='mtcp_mm.FixedWeighting'),
    lps=dict(type='mtcp_mm.LPSWeighting'),
    uncertainty=dict(type='mtcp_mm.UncertaintyWeighting', log=True),
    aligned=dict(type='mtcp_mm.AlignedMTLWeighting'),
    aligned_log=dict(type='mtcp_mm.AlignedMTLWeighting', log=True))
#: Per micro-step and rank, the tasks that each of two images is labelled for.
LABELLED = [[[('depth', 'semseg', 'normals'), ('semseg', )],
             [('depth', 'normals'), ('depth', )]],
            [[('semseg', ), ()], [('depth', 'semseg'), ('normals', )]]]
SCALE = 1024.


class TwoMaps(nn.Module):
    """The second map follows from the first one."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 6, 3, stride=2, padding=1)

    def forward(self, x):
        first = self.first(x).tanh()
        return first, self.second(first).tanh()


class ConvHead(MultiTaskHead):
    """A stage from the coarse map, final logits from both, a loss without
    labels."""

    def __init__(self, in_channels, **kwargs):
        super().__init__(**kwargs)
        self.fine, self.coarse = (nn.ModuleDict({
            t: nn.Conv2d(c, k, 1)
            for t, k in self.task_channels.items()
        }) for c in in_channels)

    def forward(self, feats):
        first, second = Features.wrap(feats).shared
        out = {}
        for task in self.task_channels:
            coarse = self.coarse[task](second)
            final = self.fine[task](first) + F.interpolate(
                coarse, first.shape[2:])
            out[task] = self.task_output(task, final, dict(s=Stage(coarse)))
        return ModelOutput(out, dict(spread=second.square().mean()))


class ScalingWrapper(OptimWrapper):
    """Multiplies the loss, as a scaler for half precision does."""

    def backward(self, loss, **kwargs):
        super().backward(loss * SCALE, **kwargs)


def build(weighting):
    torch.manual_seed(0)
    model = MultiTaskEstimator(
        backbone=dict(type=TwoMaps),
        decode_head=dict(type=ConvHead),
        tasks=TASKS,
        loss_weighting=WEIGHTINGS[weighting])
    if weighting == 'lps':
        model.loss_weighting.load_state(STATE)
    return model.double()


def batch(step, ranks):
    """Images and labels of a micro-step, for some of the ranks."""
    rng = torch.Generator().manual_seed(step)
    data = dict(inputs=[], data_samples=[])
    for rank, tasks in ((r, t) for r in range(2) for t in LABELLED[step][r]):
        image = torch.randn(3, 6, 8, generator=rng, dtype=torch.float64)
        label = dict(
            depth=torch.rand(1, 6, 8, generator=rng).double() + 1,
            semseg=torch.randint(0, 3, (1, 6, 8), generator=rng),
            normals=F.normalize(
                torch.randn(3, 6, 8, generator=rng).double(), dim=0))
        sample = SegDataSample()
        sample.set_data({f'gt_{t}': PixelData(data=label[t]) for t in tasks})
        if rank in ranks:
            data['inputs'].append(image)
            data['data_samples'].append(sample)
    data['inputs'] = torch.stack(data['inputs'])
    return data


def train(model, ranks):
    """Gradients, and what was logged, of two accumulated micro-steps."""
    inner = getattr(model, 'module', model)
    inner.data_preprocessor.forward = lambda data, training: data
    optimizer = torch.optim.SGD(inner.parameters(), lr=0.)
    grads = {}
    optimizer.register_step_pre_hook(lambda *args: grads.update({
        n: p.grad / SCALE
        for n, p in inner.named_parameters()
    }))
    wrapper = ScalingWrapper(optimizer, accumulative_counts=2)
    wrapper.initialize_count_status(model, 0, 2)
    logs = [model.train_step(batch(i, ranks), wrapper) for i in range(2)]
    logs = [{k: float(v) for k, v in log.items()} for log in logs]
    return dict(grads=grads, logs=logs)


def main(rank, folder):
    """All weightings, with and without a search for unused parameters."""
    os.environ.update(MASTER_ADDR='127.0.0.1')
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2)
    results = {}
    for name, search in itertools.product(WEIGHTINGS, (False, True)):
        model = MMDistributedDataParallel(
            build(name), find_unused_parameters=search)
        results[name, search] = train(model, [rank])
    torch.save(results, f'{folder}/rank{rank}.pth')


if __name__ == '__main__':
    main(int(sys.argv[1]), sys.argv[2])
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()  # else its threads may abort
