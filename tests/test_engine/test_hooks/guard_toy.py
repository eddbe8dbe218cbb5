# Copyright (c) mtcp_mm authors. All rights reserved.
"""A small model whose loss is not finite where its data say so.

    python guard_toy.py RANK FOLDER  # one of two ranks of the test
"""
import json
import math
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import torch
import torch.distributed as torch_dist
from mmengine.config import Config
from mmengine.model import BaseModel
from torch import nn

from mtcp_mm.engine.runner import MultiTaskRunner
from mtcp_mm.models.weighting import LPSWeighting
from mtcp_mm.structures import TaskLosses
from mtcp_mm.utils.numbers import NumbersError


class GuardToy(BaseModel):
    """Tasks a and b; `spoil` of a sample is added to the loss of b, and
    multiplied with what goes through the batch norm."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.norm = nn.BatchNorm1d(2)
        self.layer = nn.Linear(2, 2)
        self.loss_weighting = LPSWeighting(['a', 'b'], kappa=1.5)

    def forward(self, inputs, data_samples=None, mode='loss'):
        x, spoil = inputs[..., :2], inputs[..., 2].sum()
        x = x.flatten(0, 1)
        if not spoil.isfinite():
            x = x * spoil
        y = self.layer(self.norm(x)).square().mean(0)
        if spoil.isfinite():
            return TaskLosses(dict(a=y[0], b=y[1]))
        # a loss without a trace in the gradients, of this rank alone
        y = self.layer(torch.ones(2))
        return TaskLosses(dict(a=y[0].square(), b=y[1].square() + spoil))

    def parse_losses(self, losses):
        self.main_losses = {t: x.detach() for t, x in losses.main.items()}
        total = self.loss_weighting(losses)
        return total, losses.to_log(total)


class GuardData(torch.utils.data.Dataset):
    """Samples (3 numbers) x 2 and spoil, by number; img_path tells it."""

    def __init__(self, numbers, spoiled, value=math.nan):
        self.numbers, self.spoiled, self.value = numbers, spoiled, value

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, index):
        number = self.numbers[index]
        x = torch.rand(
            4, 3, generator=torch.Generator().manual_seed(number))
        x[:, 2] = self.value if number in self.spoiled else 0.
        sample = SimpleNamespace(metainfo=dict(img_path=f'{number}.jpg'))
        return dict(inputs=x, data_samples=sample)


def collate(items):
    return dict(
        inputs=torch.stack([i['inputs'] for i in items]),
        data_samples=[i['data_samples'] for i in items])


def build(work_dir,
          numbers,
          spoiled=(),
          epochs=2,
          iters=None,
          accumulate=1,
          value=math.nan,
          guard=None,
          **kwargs):
    by_epoch = iters is None
    train_cfg = dict(by_epoch=True, max_epochs=epochs) if by_epoch else dict(
        by_epoch=False, max_iters=iters)
    hooks = dict(
        logger=dict(type='LoggerHook', interval=1),
        checkpoint=dict(
            type='CheckpointHook', by_epoch=by_epoch, interval=1,
            max_keep_ckpts=1))
    if guard:
        hooks['step_guard'] = guard
    return MultiTaskRunner(
        model=GuardToy(),
        work_dir=str(work_dir),
        experiment_name=uuid4().hex,
        train_dataloader=dict(
            dataset=GuardData(numbers, spoiled, value),
            sampler=dict(
                type='DefaultSampler' if by_epoch else 'InfiniteSampler',
                shuffle=False),
            collate_fn=collate,
            batch_size=1,
            num_workers=0),
        train_cfg=train_cfg,
        optim_wrapper=dict(
            optimizer=dict(type='AdamW', lr=.05),
            accumulative_counts=accumulate),
        default_hooks=hooks,
        custom_hooks=[dict(
            type='mtcp_mm.LPSHook', by_epoch=by_epoch,
            interval=1 if by_epoch else 99)],
        log_processor=dict(by_epoch=by_epoch),
        log_level='WARNING',
        **kwargs)


def rank_main(rank, root):
    """Rank 1 alone meets an infinite loss; writes what this rank ends with."""
    torch.set_num_threads(1)
    os.environ.update(LOCAL_RANK=str(rank))
    torch_dist.init_process_group(
        'gloo', init_method=f'file://{root}/store', rank=rank, world_size=2)
    wrapper = dict(
        type='MMDistributedDataParallel',
        device_ids=None,
        broadcast_buffers=False,
        find_unused_parameters=True)
    shared = dict(
        launcher='pytorch', cfg=Config(dict(model_wrapper_cfg=wrapper)))
    result = {}
    runner = build(root / 'run', range(8), {3}, value=math.inf, **shared)
    runner.train()
    result['weights'] = runner.model.module.layer.weight.tolist()
    result['skipped'] = runner.message_hub.get_info('skipped_steps')
    runner = build(
        root / 'end', range(8), {1, 3, 5}, guard=dict(max_in_row=3), **shared)
    try:
        runner.train()
    except NumbersError as error:
        result['error'] = str(error)
    Path(root, f'{rank}.json').write_text(json.dumps(result))
    torch_dist.destroy_process_group()


if __name__ == '__main__':
    rank_main(int(sys.argv[1]), Path(sys.argv[2]))
