# Copyright (c) mtcp_mm authors. All rights reserved.
"""The way from raw data to scores with the commands that a user types, on 8
training and 4 validation images of 64x96."""
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'configs' / 'mtcp_demo.py'
TASKS = ('semseg', 'depth', 'normals')


def call(*args):
    """Run a command in a process of its own."""
    env = dict(
        os.environ,
        PYTHON=sys.executable,
        PYTHONPATH=os.pathsep.join([str(ROOT), str(Path(__file__).parent)]),
        OMP_NUM_THREADS='1')
    done = subprocess.run(
        [str(arg) for arg in args],
        env=env,
        text=True,
        timeout=300,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout[-5000:]


def tool(name, *args):
    call(sys.executable, ROOT / 'tools' / name, *args)


@pytest.fixture(scope='module')
def demo(tmp_path_factory):
    """Folder with the data."""
    folder = tmp_path_factory.mktemp('demo')
    tool('dataset_converters/make_demo_data.py', folder / 'data',
         '--num-train', 8, '--num-val', 4, '--size', 64, 96)
    return folder


def cfg_options(demo, max_epochs, batch_size):
    options = [
        '--cfg-options', 'default_hooks.logger.interval=1',
        f'max_epochs={max_epochs}', f'data_root={demo / "data"}',
        f'train_dataloader.batch_size={batch_size}',
        'image_scale=(96,64)', 'crop_size=(64,96)'
    ]
    for split in ('train', 'val'):
        options += [
            f'{split}_dataloader.num_workers=0',
            f'{split}_dataloader.persistent_workers=False'
        ]
    return options


def read_steps(work_dir):
    """One record per training step, of all runs in a folder."""
    lines = [
        json.loads(line)
        for path in sorted(work_dir.glob('*/vis_data/scalars.json'))
        for line in path.read_text().splitlines()
    ]
    return [line for line in lines if 'loss' in line]


def expected_weights(before, now, kappa=2.5, floor=.1):
    """Eqs. 3 to 6 of the paper; arguments are mean losses (T,)."""
    before, now = np.log(1 + before), np.log(1 + now)
    weights = (now / now.sum()) / (before / before.sum())
    weights = weights.mean() + kappa * (weights - weights.mean())
    return np.maximum(weights, floor)


@pytest.fixture(scope='module')
def work_dir(demo):
    """One epoch of 2 steps, then resumed for another one."""
    work_dir = demo / 'work_dir'
    for epochs, args in ((1, ()), (2, ('--resume', ))):
        tool('train.py', CONFIG, '--work-dir', work_dir, *args,
             *cfg_options(demo, max_epochs=epochs, batch_size=4))
    return work_dir


class TestOneProcess:
    """Oracles: what the log says about each step; eqs. 3 to 6 in NumPy."""

    def test_resume_continues_with_the_next_step(self, work_dir):
        steps = read_steps(work_dir)
        assert [(s['epoch'], s['iter']) for s in steps] == [(1, 1), (1, 2),
                                                            (2, 3), (2, 4)]
        meta = torch.load(work_dir / 'epoch_2.pth', weights_only=False)['meta']
        assert (meta['epoch'], meta['iter']) == (2, 4)

    def test_resume_continues_lps(self, work_dir):
        # The log shows the mean of the losses up to a step (at most 10).
        steps = read_steps(work_dir)
        mean_2, mean_4 = (
            np.array([steps[i][f'{t}.loss'] for t in TASKS]) for i in (1, 3))
        epochs = mean_2, 2 * mean_4 - mean_2
        states = [
            torch.load(work_dir / f'epoch_{e}.pth',
                       weights_only=False)['lps']['weighting']
            for e in (1, 2)
        ]
        for state, means in zip(states, epochs):
            assert [state['losses'][t] for t in TASKS] == [
                [pytest.approx(mean, rel=1e-9)] for mean in means
            ]
        assert states[0]['weights'] == dict.fromkeys(TASKS, 1.)
        weights = [states[1]['weights'][t] for t in TASKS]
        np.testing.assert_allclose(
            weights, expected_weights(*epochs), rtol=1e-8)
        assert np.ptp(weights) > 1e-3

    def test_scores_are_written(self, demo, work_dir):
        tool('test.py', CONFIG, work_dir / 'epoch_2.pth', '--work-dir',
             demo / 'test', *cfg_options(demo, max_epochs=2, batch_size=4))
        scores = json.loads((demo / 'test' / 'metrics.json').read_text())
        assert 0 <= scores['semseg/mIoU'] <= 100
        assert scores['depth/rmse'] > 0
        assert 0 <= scores['normals/mean'] <= 180
        # The same model was scored at the end of the training.
        path = max(work_dir.glob('*/vis_data/scalars.json'))
        last = json.loads(path.read_text().splitlines()[-1])
        for key in ('semseg/mIoU', 'depth/rmse', 'normals/mean'):
            assert scores[key] == pytest.approx(last[key], rel=1e-6)


class TestTwoRanks:
    """Oracle: ranks of a data parallel training never differ."""

    def test_parameters_and_weights_are_equal_after_every_step(self, demo):
        # 3 epochs of 2 steps: the weights of LPS move from the third on.
        config, log = demo / 'two_ranks.py', demo / 'checksums.jsonl'
        config.write_text(
            f'_base_ = {str(CONFIG)!r}\n'
            "custom_imports = dict(imports=['mtcp_mm', 'checksum_hook'])\n"
            "custom_hooks = [dict(type='mtcp_mm.LPSHook'),\n"
            f"    dict(type='ChecksumHook', path={str(log)!r})]\n")
        call('bash', ROOT / 'tools' / 'dist_train.sh', config, 2, '--work-dir',
             demo / 'two_ranks',
             *cfg_options(demo, max_epochs=3, batch_size=2))
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        assert len(lines) == 1 + 6
        for first, second in lines:
            assert first == second
        sums, *weights = np.array([first for first, _ in lines]).T
        assert np.all(np.diff(sums) != 0)
        assert np.all(np.array(weights)[:, :5] == 1)
        assert np.ptp(weights, axis=0)[-2:].min() > 1e-3
        assert (demo / 'two_ranks' / 'epoch_3.pth').is_file()
