# Copyright (c) mtcp_mm authors. All rights reserved.
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import numpy as np
import pytest
import torch
import torch.distributed as torch_dist
from mmengine.config import Config
from mmengine.dist import all_reduce
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn

from mtcp_mm.engine.hooks import LPSHook
from mtcp_mm.models.weighting import FixedWeighting, LPSWeighting
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


class TestTraining:
    """Oracle: `expected_weights`, eqs. 3 to 6 in NumPy applied to the losses
    that the toy model recorded itself."""

    def test_per_epoch(self, tmp_path):
        runner = run(tmp_path, 4)
        assert len(toy(runner).trace) == 24
        assert_weights_follow([toy(runner).trace], 6)

    def test_every_second_epoch(self, tmp_path):
        runner = run(tmp_path, 6, hook=dict(interval=2))
        assert_weights_follow([toy(runner).trace], 12)

    def test_per_iteration(self, tmp_path):
        hook = dict(interval=3, by_epoch=False)
        runner = run(tmp_path, 12, by_epoch=False, hook=hook)
        assert_weights_follow([toy(runner).trace], 3)

    def test_all_micro_steps_count(self, tmp_path):
        runner = run(tmp_path, 4, accumulate=2)
        assert_weights_follow([toy(runner).trace], 6)

    @pytest.mark.parametrize('stop', [None, 1, 3])
    def test_warmup(self, tmp_path, stop):
        """Three epochs of weight 1, also across a resume; then the weights
        of a run without warm-up that saw the same losses."""

        def model():
            return ToyModel(LPSWeighting(TASKS, kappa=1.5, warmup=3))

        start = []
        if stop:
            start = toy(run(tmp_path, stop, model=model())).trace
        last = run(tmp_path, 5, model=model(), resume=bool(stop))
        trace = start + toy(last).trace
        weights = [[w[t] for t in TASKS] for _, w in trace]
        expected = expected_weights([trace], 6)
        assert abs(expected[2] - 1).max() > .05
        for step, found in enumerate(weights):
            epoch = step // 6
            np.testing.assert_allclose(
                found, expected[epoch] if epoch >= 3 else 1., rtol=1e-12)

    def test_log_holds_the_weights_that_act(self, tmp_path):
        trace = toy(run(tmp_path, 3)).trace
        path, = tmp_path.glob('*/vis_data/scalars.json')
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert len(lines) == 18
        for line, (_, weights) in zip(lines, trace):
            assert [line[f'lps_weight_{t}'] for t in TASKS] == [
                weights[t] for t in TASKS
            ]
        assert 'lps_share_a' not in lines[0]
        assert all(
            line['lps_share_a'] + line['lps_share_b'] == pytest.approx(1)
            for line in lines[6:])


def assert_same_run(part, whole):
    """Parameters, LPS state and the last steps, bit for bit."""
    assert torch.equal(toy(part).theta, toy(whole).theta)
    steps = len(toy(part).trace)
    assert 0 < steps < len(toy(whole).trace)
    assert toy(part).trace == toy(whole).trace[-steps:]
    states = [toy(r).loss_weighting.get_state() for r in (part, whole)]
    assert states[0] == states[1]
    assert any(w != 1 for w in states[0]['weights'].values())


class TestResume:
    """Oracle: the run that was not interrupted."""

    # Epoch 3 is in the middle of an interval of 2.
    @pytest.mark.parametrize('interval, stop', [(1, 2), (2, 3)])
    def test_from_an_epoch(self, tmp_path, interval, stop):
        hook = dict(interval=interval)
        whole = run(tmp_path / 'whole', 6, hook=hook)
        run(tmp_path / 'part', stop, hook=hook)
        part = run(tmp_path / 'part', 6, hook=hook, resume=True)
        assert_same_run(part, whole)

    # Iteration 7 is in the middle of an interval of 4.
    @pytest.mark.parametrize('stop', [7, 8])
    def test_from_an_iteration(self, tmp_path, stop):
        kwargs = dict(
            by_epoch=False,
            save_every=stop,
            hook=dict(interval=4, by_epoch=False))
        whole = run(tmp_path / 'whole', 14, **kwargs)
        run(tmp_path / 'part', stop, **kwargs)
        part = run(tmp_path / 'part', 14, resume=True, **kwargs)
        assert_same_run(part, whole)

    def test_checkpoint_holds_plain_numbers(self, tmp_path):
        runner = run(tmp_path, 3)
        state = torch.load(tmp_path / 'epoch_3.pth', weights_only=False)['lps']
        assert json.loads(json.dumps(state)) == state
        # Written after the update of epoch 3, with an empty interval.
        weighting = toy(runner).loss_weighting
        assert state['weighting'] == weighting.get_state()
        assert state['sums'] == state['counts'] == {}

    def test_load_from_does_not_restore(self, tmp_path):
        run(tmp_path / 'first', 3)
        runner = run(
            tmp_path / 'second',
            1,
            load_from=str(tmp_path / 'first' / 'epoch_3.pth'))
        assert toy(runner).trace[0][1] == dict(a=1., b=1.)
        assert toy(runner).loss_weighting.weights == dict(a=1., b=1.)

    def test_checkpoint_without_state_warns(self, tmp_path, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(LPSHook, 'before_save_checkpoint',
                          lambda self, runner, checkpoint: None)
            run(tmp_path, 3)
        runner = run(tmp_path, 4, resume=True)
        assert toy(runner).trace[0][1] == dict(a=1., b=1.)
        log, = Path(runner.log_dir).glob('*.log')
        assert 'holds no `lps` state' in log.read_text()


class TestRejects:

    @pytest.mark.parametrize('interval', [0, 1.5])
    def test_interval(self, interval):
        with pytest.raises(ValueError, match='`interval`'):
            LPSHook(interval=interval)

    @pytest.mark.parametrize('model, found',
                             [(nn.Linear(1, 1), 'Linear is NoneType'),
                              (ToyModel(FixedWeighting(TASKS)),
                               'ToyModel is FixedWeighting')])
    def test_model_without_lps(self, model, found):
        with pytest.raises(ValueError, match=f'{found}.*LPSWeighting'):
            LPSHook().before_train(SimpleNamespace(model=model))

    def test_resumed_model_without_lps(self, tmp_path):
        """The same words, though the checkpoint is read first."""
        run(tmp_path, 1)
        with pytest.raises(ValueError, match='ToyModel is FixedWeighting'):
            run(tmp_path, 2, ToyModel(FixedWeighting(TASKS)), resume=True)

    def test_epochs_of_a_loop_without_epochs(self, tmp_path):
        with pytest.raises(ValueError, match='IterBasedTrainLoop'):
            run(tmp_path, 3, by_epoch=False)


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


class TestTwoRanks:
    """Oracle: `expected_weights` on the losses of both ranks together, and
    the uninterrupted run (`assert_same_run` in `rank_main`)."""

    def test_ranks_agree_with_one_process_that_sees_all(self, tmp_path):
        # This file as a script, see its end.
        env = dict(os.environ, PYTHONPATH=str(Path(__file__).parents[3]))
        processes = [
            subprocess.Popen([sys.executable, __file__, rank, tmp_path],
                             env=env) for rank in '01'
        ]
        try:
            assert [p.wait(timeout=300) for p in processes] == [0, 0]
        finally:
            for process in processes:
                process.kill()
        ranks = [
            json.loads((tmp_path / f'{rank}.json').read_text())
            for rank in range(2)
        ]
        for name, interval in dict(epoch=3, iter=3).items():
            traces = [rank[name] for rank in ranks]
            losses, weights = zip(*(zip(*trace) for trace in traces))
            assert losses[0] != losses[1]
            assert weights[0] == weights[1]
            # Not the mean of the ranks' means: of b they have different
            # numbers, one of them none in some steps.
            counts = [[raw['b'][1] for raw in seen] for seen in losses]
            assert any(x != y for x, y in zip(*counts))
            assert 0 in counts[0] + counts[1]
            assert_weights_follow(traces, interval)


if __name__ == '__main__':
    rank_main(int(sys.argv[1]), Path(sys.argv[2]))
