# Copyright (c) mtcp_mm authors. All rights reserved.
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mtcp_mm.engine.hooks import LPSHook, StepGuardHook
from mtcp_mm.utils.numbers import NumbersError
from tests.test_engine.test_hooks.guard_toy import build

ROOT = Path(__file__).parents[3]


def result_of(runner):
    runner.train()
    lps, = (h for h in runner.hooks if isinstance(h, LPSHook))
    state = {}
    lps.before_save_checkpoint(runner, state)
    return [*runner.model.state_dict().values()], state


def log_of(folder):
    path, = folder.glob('*/*.log')
    return path.read_text()


class TestSkippedStep:
    """Oracle: the run whose data never had those samples. Their batch norm
    saw NaN, their loss of b is NaN, that of a is not."""

    @pytest.mark.parametrize('kwargs', [
        dict(epochs=3),
        dict(iters=(12, 8)),
        dict(epochs=3, accumulate=2, spoiled={2, 3}),
    ])
    def test_leaves_no_trace(self, tmp_path, kwargs):
        spoiled = kwargs.pop('spoiled', {1, 5})
        iters = kwargs.pop('iters', (None, None))
        rest = [i for i in range(6) if i not in spoiled]
        found = result_of(build(tmp_path / 'a', range(6), spoiled,
                                iters=iters[0], **kwargs))
        expected = result_of(
            build(tmp_path / 'b', rest, iters=iters[1], **kwargs))
        assert all(map(torch.equal, found[0], expected[0]))
        assert found[1] == expected[1]

    def test_takes_the_whole_accumulated_step_back(self, tmp_path):
        """Sample 2 alone is spoiled, its partner 3 goes, too."""
        kwargs = dict(epochs=3, accumulate=2)
        found = result_of(build(tmp_path / 'a', range(6), {2}, **kwargs))
        expected = result_of(build(tmp_path / 'b', [0, 1, 4, 5], **kwargs))
        assert all(map(torch.equal, found[0], expected[0]))
        assert found[1] == expected[1]

    def test_is_told_and_counted(self, tmp_path):
        runner = build(tmp_path, range(4), {2})
        runner.train()
        text = log_of(tmp_path)
        assert ('1 in a row, 2 in this run. Iteration 7: loss is nan, b.loss '
                'is nan, gradients of') in text
        assert 'images: 2.jpg.' in text
        content = torch.load(tmp_path / 'epoch_2.pth', weights_only=False)
        info = content['message_hub']['runtime_info']
        assert info['skipped_steps'] == 2

    def test_count_survives_a_resume(self, tmp_path):
        build(tmp_path, range(4), {2}, epochs=1).train()
        runner = build(tmp_path, range(4), {2}, epochs=2, resume=True)
        runner.train()
        assert runner.message_hub.get_info('skipped_steps') == 2


class TestEnd:
    """Oracle: the files that are there afterwards, and the data."""

    def test_after_five_in_a_row(self, tmp_path):
        runner = build(tmp_path, range(4), epochs=9)

        def spoil(*args):
            if runner.epoch == 1:  # from the second image on
                runner.train_dataloader.dataset.spoiled = range(4)

        runner.model.register_forward_pre_hook(spoil)
        with pytest.raises(NumbersError) as caught:
            runner.train()
        text = str(caught.value)
        assert text.startswith('5 steps in a row')
        for iteration in range(6, 11):
            image = (iteration - 1) % 4
            assert f'Iteration {iteration}: loss is nan, b.loss' in text
            assert f'images: {image}.jpg' in text
        content = torch.load(tmp_path / 'epoch_2.pth', weights_only=False)
        assert not list(tmp_path.glob('epoch_3.pth'))
        state = content['state_dict']
        assert all(x.isfinite().all() for x in state.values())
        for key, value in runner.model.state_dict().items():
            assert torch.equal(value, state[key])

    def test_a_good_step_starts_the_count_anew(self, tmp_path):
        guard = dict(max_in_row=2)
        build(tmp_path / 'a', range(6), {0, 2, 4}, guard=guard).train()
        with pytest.raises(NumbersError):
            build(tmp_path / 'b', range(6), {2, 3}, guard=guard).train()

    def test_rejects_no_steps(self):
        with pytest.raises(ValueError, match='at least 1, but is 0'):
            StepGuardHook(0)


class TestSaving:
    """Oracle: the checkpoint of the epoch before."""

    @pytest.mark.parametrize('key', ['layer.weight', 'norm.running_var'])
    def test_refuses_weights(self, tmp_path, key):
        runner = build(tmp_path, range(4), epochs=3)

        def break_weights(*args):
            if runner.iter == 7:
                state = runner.model.state_dict()
                state[key].view(-1)[0] = math.nan

        runner.optim_wrapper = runner.build_optim_wrapper(
            runner.optim_wrapper)
        runner.optim_wrapper.optimizer.register_step_post_hook(break_weights)
        with pytest.raises(NumbersError, match=f'not finite.*{key}.*last'):
            runner.train()
        # max_keep_ckpts=1
        assert [p.name for p in tmp_path.glob('*.pth')] == ['epoch_1.pth']
        state = torch.load(
            tmp_path / 'epoch_1.pth', weights_only=False)['state_dict']
        assert all(x.isfinite().all() for x in state.values())

    def test_refuses_anybody(self, tmp_path):
        runner = build(tmp_path, range(4), epochs=1)
        runner.train()
        runner.model.layer.bias.data[0] = math.inf
        with pytest.raises(NumbersError, match='layer.bias'):
            runner.save_checkpoint(str(tmp_path), 'mine.pth')
        assert not (tmp_path / 'mine.pth').exists()


def test_ranks_skip_together(tmp_path):
    """Oracle: ranks hold the same weights, and both name all images. The
    loss of rank 1 alone is infinite, and no gradient shows it."""
    script = Path(__file__).with_name('guard_toy.py')
    ranks = [
        subprocess.Popen(
            [sys.executable, str(script), str(rank), str(tmp_path)],
            env=dict(os.environ, PYTHONPATH=str(ROOT), OMP_NUM_THREADS='1'))
        for rank in range(2)
    ]
    assert [rank.wait(120) for rank in ranks] == [0, 0]
    one, two = (json.loads((tmp_path / f'{rank}.json').read_text())
                for rank in range(2))
    assert one['weights'] == two['weights']
    assert one['skipped'] == two['skipped'] == 2
    assert one['error'] == two['error']
    assert 'images: 4.jpg, 5.jpg' in one['error']


@pytest.mark.parametrize('kwargs', [dict(epochs=3), dict(iters=2)])
def test_no_step_at_all(tmp_path, kwargs):
    """Two spoiled samples, fewer than five steps in a row."""
    runner = build(tmp_path, range(2), {0, 1}, **kwargs)
    with pytest.raises(NumbersError, match='No step was made(.|\n)*'
                       'Iteration 1: loss is nan(.|\n)*Iteration 2'):
        runner.train()
    assert runner.iter == 2
