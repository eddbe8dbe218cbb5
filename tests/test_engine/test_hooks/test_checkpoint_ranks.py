# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: the run of two ranks that was never cut off.

    python test_checkpoint_ranks.py RANK FOLDER    # one of two ranks
"""
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import torch
import torch.distributed as torch_dist
from mmengine.config import Config
from mmengine.model import BaseModel
from torch import nn

from mtcp_mm.engine.runner import MultiTaskRunner

LOOPS = ('epochs', 'iterations')


class NormModel(BaseModel):

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(2)

    def forward(self, x, mode='tensor'):
        return dict(loss=(self.norm(x) - 1).square().mean())


class NormData(torch.utils.data.Dataset):
    metainfo = {}

    def __len__(self):
        return 16

    def __getitem__(self, i):
        return dict(x=torch.tensor([i, i * i], dtype=torch.float32))


def test_resumed_statistics_of_batch_norm(tmp_path):
    """With the default hooks of mmengine, which average none."""
    env = dict(os.environ, PYTHONPATH=str(Path(__file__).parents[3]))
    ranks = [
        subprocess.Popen([sys.executable, __file__, rank, tmp_path], env=env)
        for rank in '01'
    ]
    try:
        assert [rank.wait(timeout=120) for rank in ranks] == [0, 0]
    finally:
        for rank in ranks:
            rank.kill()
    states = [torch.load(tmp_path / f'{rank}.pth') for rank in range(2)]
    for loop in LOOPS:
        for rank in states:
            for key, value in rank[f'{loop} whole'].items():
                assert torch.equal(value, rank[f'{loop} cut'][key]), key
        assert torch.equal(*(rank[f'{loop} whole']['module.norm.running_var']
                             for rank in states))


def train(work_dir, loop, until, resume):
    """Two steps an epoch, each rank has 4 of the 8 images of a step."""
    by_epoch = loop == 'epochs'
    runner = MultiTaskRunner(
        model=NormModel(), work_dir=str(work_dir), launcher='pytorch',
        experiment_name=uuid4().hex, resume=resume, log_level='ERROR',
        train_dataloader=dict(
            dataset=NormData(), batch_size=4, num_workers=0,
            sampler=dict(type='DefaultSampler' if by_epoch else
                         'InfiniteSampler', shuffle=True),
            collate_fn=dict(type='default_collate')),
        train_cfg=dict(by_epoch=True, max_epochs=until) if by_epoch else
        dict(by_epoch=False, max_iters=until),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=.1)),
        default_hooks=dict(checkpoint=dict(
            type='CheckpointHook', interval=2, by_epoch=by_epoch)),
        log_processor=dict(by_epoch=by_epoch), randomness=dict(seed=0),
        cfg=Config(dict(model_wrapper_cfg=dict(
            type='MMDistributedDataParallel', device_ids=None,
            broadcast_buffers=False))))
    runner.train()
    return runner.model.state_dict()


def rank_main(rank, folder):
    torch.set_num_threads(1)
    os.environ.update(LOCAL_RANK=rank)
    torch_dist.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=int(rank),
        world_size=2)
    states = {}
    for loop in LOOPS:
        for name, stops in dict(whole=[4], cut=[2, 4]).items():
            for until in stops:
                run = f'{loop} {name}'
                states[run] = train(folder / run, loop, until, until == 4)
    torch.save(states, folder / f'{rank}.pth')
    torch_dist.destroy_process_group()


if __name__ == '__main__':
    rank_main(sys.argv[1], Path(sys.argv[2]))
