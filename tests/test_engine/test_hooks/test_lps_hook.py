# Copyright (c) mtcp_mm authors. All rights reserved.
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from mtcp_mm.engine.hooks import LPSHook
from mtcp_mm.models.weighting import FixedWeighting, LPSWeighting
from tests.test_engine.test_hooks.lps_toy import (
    TASKS,
    ToyModel,
    assert_same_run,
    assert_weights_follow,
    expected_weights,
    run,
    toy,
)


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

    def test_a_test_needs_no_lps(self):
        """Only a training does: what mmengine calls around a test."""
        hook, runner = LPSHook(), SimpleNamespace(
            model=ToyModel(FixedWeighting(TASKS)), _resume=False)
        hook.before_run(runner)
        hook.after_load_checkpoint(runner, {})
        hook.before_test(runner)
        hook.after_run(runner)

    def test_resumed_model_without_lps(self, tmp_path):
        """The same words, though the checkpoint is read first."""
        run(tmp_path, 1)
        with pytest.raises(ValueError, match='ToyModel is FixedWeighting'):
            run(tmp_path, 2, ToyModel(FixedWeighting(TASKS)), resume=True)

    def test_epochs_of_a_loop_without_epochs(self, tmp_path):
        with pytest.raises(ValueError, match='IterBasedTrainLoop'):
            run(tmp_path, 3, by_epoch=False)


class TestTwoRanks:
    """Oracle: `expected_weights` on the losses of both ranks together, and
    the uninterrupted run (`assert_same_run` in `rank_main`)."""

    def test_ranks_agree_with_one_process_that_sees_all(self, tmp_path):
        script = Path(__file__).with_name('lps_toy.py')
        env = dict(os.environ, PYTHONPATH=str(Path(__file__).parents[3]))
        processes = [
            subprocess.Popen([sys.executable, script, rank, tmp_path],
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
