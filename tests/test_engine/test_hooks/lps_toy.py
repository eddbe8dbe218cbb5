# Copyright (c) mtcp_mm authors. All rights reserved.
"""A model of two numbers under LPSHook, and what its weights must be.

    python lps_toy.py RANK FOLDER    # one of two ranks of test_lps_hook.py
"""
import json
import math
import os
import sys
from pathlib import Path
from uuid import uuid4

import numpy as np
import torch
import torch.distributed as torch_dist
from mmengine.config import Config
from mmengine.dist import all_reduce
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn

from mtcp_mm.models.weighting import LPSWeighting
from mtcp_mm.structures import TaskLosses

NAN = math.nan
TASKS = ('a', 'b')


class ToyModel(BaseModel):
    """L_t = mean over the labelled samples of (theta_t x_t - 1)^2. A sample
    is (x_a, x_b); NaN: no label. `trace` keeps what every step saw: of each
    task the sum and the number of the losses of this rank, and the weights.

    As in the estimator, `main_losses` are those of all ranks together."""

    def __init__(self, weighting=None):
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([0.1, 3.]))
        self.loss_weighting = weighting or LPSWeighting(TASKS, kappa=1.5)
        self.trace = []

    def forward(self, inputs, data_samples=None, mode='tensor'):
        x = torch.stack(inputs)
        losses = TaskLosses({}, anchor=self.theta.sum() * 0)
        table = torch.zeros(2, 2, dtype=torch.float64)
        for i, task in enumerate(TASKS):
            labelled = x[:, i][~x[:, i].isnan()]
            if len(labelled):
                loss = (self.theta[i] * labelled - 1).square()
                losses.main[task] = loss.mean()
                table[i, 0] = loss.detach().double().sum()
                table[i, 1] = len(loss)
        self.trace.append((dict(zip(TASKS, table.tolist())),
                           self.loss_weighting.weights))
        all_reduce(table)
        self.main_losses = {
            task: total / count
            for task, (total, count) in zip(TASKS, table) if count
        }
        return losses

    def parse_losses(self, losses):
        total = self.loss_weighting(losses) + losses.anchor
        return total, losses.to_log(total)


class ToyDataset(torch.utils.data.Dataset):
    """12 samples; every third lacks b."""
    metainfo = {}

    def __init__(self):
        values = np.random.default_rng(0).uniform(.2, 2., (12, 2))
        values[::3, 1] = NAN
        self.samples = torch.from_numpy(values).float()

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return dict(inputs=self.samples[index])


def run(work_dir,
        until,
        model=None,
        hook=None,
        resume=False,
        by_epoch=True,
        accumulate=1,
        save_every=1,
        **kwargs):
    """Train with 6 batches of 2 per epoch (3 per rank if there are two)."""
    hook = dict(type='mtcp_mm.LPSHook', **(hook or {}))
    if by_epoch:
        train_cfg = dict(by_epoch=True, max_epochs=until)
    else:
        train_cfg = dict(by_epoch=False, max_iters=until)
    runner = Runner(
        model=model or ToyModel(),
        work_dir=str(work_dir),
        experiment_name=uuid4().hex,
        train_dataloader=dict(
            dataset=ToyDataset(),
            sampler=dict(
                type='DefaultSampler' if by_epoch else 'InfiniteSampler',
                shuffle=True),
            batch_size=2,
            num_workers=0),
        train_cfg=train_cfg,
        optim_wrapper=dict(
            optimizer=dict(type='AdamW', lr=.05),
            accumulative_counts=accumulate),
        default_hooks=dict(
            logger=dict(type='LoggerHook', interval=1),
            checkpoint=dict(
                type='CheckpointHook', interval=save_every,
                by_epoch=by_epoch)),
        custom_hooks=[hook],
        log_processor=dict(by_epoch=by_epoch),
        randomness=dict(seed=1),
        log_level='WARNING',
        resume=resume,
        **kwargs)
    runner.train()
    return runner


def toy(runner):
    return getattr(runner.model, 'module', runner.model)


def expected_weights(traces, interval, kappa=1.5, floor=.1):
    """Eqs. 3 to 6 in NumPy from the raw losses of all steps and ranks.

    Args:
        traces (list): `trace` of each rank.
        interval (int): Steps per interval.

    Returns:
        list[np.ndarray]: Weights (T,) that act in interval 0, 1, ...
    """
    # (ranks, steps, tasks, 2) to the mean loss of every step, NaN: no label
    total, count = np.moveaxis([[[raw[t] for t in TASKS] for raw, _ in trace]
                                for trace in traces], -1, 0).sum(1)
    losses = np.divide(
        total, count, out=np.full_like(total, NAN), where=count > 0)
    weights, past = [np.ones(2)], None
    for start in range(0, len(losses), interval):
        logs = np.log(1 + np.nanmean(losses[start:start + interval], 0))
        share = logs / logs.sum()
        if past is not None:
            w = share / past
            w = w.mean() + kappa * (w - w.mean())
            weights.append(np.maximum(w, floor))
        else:
            weights.append(np.ones(2))
        past = share
    return weights


def assert_weights_follow(traces, interval):
    expected = expected_weights(traces, interval)
    assert any(abs(w - 1).max() > .05 for w in expected[2:])
    for trace in traces:
        for step, (_, weights) in enumerate(trace):
            np.testing.assert_allclose([weights[t] for t in TASKS],
                                       expected[step // interval],
                                       rtol=1e-12)


def assert_same_run(part, whole):
    """Parameters, LPS state, the weights that were logged since the start,
    and the last steps, bit for bit."""
    assert torch.equal(toy(part).theta, toy(whole).theta)
    steps = len(toy(part).trace)
    assert 0 < steps < len(toy(whole).trace)
    assert toy(part).trace == toy(whole).trace[-steps:]
    states = [toy(r).loss_weighting.get_state() for r in (part, whole)]
    assert states[0] == states[1]
    assert any(w != 1 for w in states[0]['weights'].values())
    logged = [{
        name: history.data
        for name, history in r.message_hub.log_scalars.items()
        if name.startswith('train/lps_')
    } for r in (part, whole)]
    assert len(logged[0]) == 4
    np.testing.assert_equal(*logged)


def rank_main(rank, root):
    """Two whole runs and two resumed ones; writes what this rank saw."""
    torch.set_num_threads(1)
    os.environ.update(LOCAL_RANK=str(rank))
    torch_dist.init_process_group(
        'gloo', init_method=f'file://{root}/store', rank=rank, world_size=2)
    result = {}
    for name, kwargs in dict(
            epoch=dict(until=5, stop=2),
            iter=dict(
                until=12,
                stop=5,
                by_epoch=False,
                hook=dict(interval=3, by_epoch=False))).items():
        until, stop = kwargs.pop('until'), kwargs.pop('stop')
        # mmengine would give DDP a GPU's number, `LOCAL_RANK`.
        wrapper = dict(
            type='MMDistributedDataParallel',
            device_ids=None,
            broadcast_buffers=False)
        kwargs.update(
            launcher='pytorch', cfg=Config(dict(model_wrapper_cfg=wrapper)))
        if name == 'iter':
            kwargs['save_every'] = stop
        whole = run(root / f'{name}_whole', until, **kwargs)
        run(root / f'{name}_part', stop, **kwargs)
        part = run(root / f'{name}_part', until, resume=True, **kwargs)
        assert_same_run(part, whole)
        result[name] = toy(whole).trace
    Path(root, f'{rank}.json').write_text(json.dumps(result))
    torch_dist.destroy_process_group()


if __name__ == '__main__':
    rank_main(int(sys.argv[1]), Path(sys.argv[2]))
