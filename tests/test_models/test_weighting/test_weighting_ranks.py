# Copyright (c) mtcp_mm authors. All rights reserved.
"""Two ranks learn what one process learns from the whole batch."""
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.registry import init_default_scope

from tests.test_models.test_weighting import weighting_ranks as toy

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope='module')
def ranks(tmp_path_factory):
    """What two processes found."""
    folder = tmp_path_factory.mktemp('ranks')
    env = dict(os.environ, PYTHONPATH=str(ROOT), OMP_NUM_THREADS='1')
    runs = [
        subprocess.Popen([sys.executable, toy.__file__, str(i), str(folder)],
                         env=env) for i in range(2)
    ]
    assert [run.wait(timeout=180) for run in runs] == [0, 0]
    return [torch.load(folder / f'rank{i}.pth') for i in range(2)]


@pytest.mark.parametrize('name', toy.WEIGHTINGS)
class TestRanks:
    """Oracle: one process on the full batch, without DDP.

    Two ranks, two accumulated micro-steps of which the first does not
    synchronise, a scaled loss, tasks without labels on one rank or on both,
    a task that only helps, a loss without labels. The limit is mmseg's cross
    entropy, which adds 1e-7 to the number of pixels.
    """

    @pytest.mark.parametrize('search', [False, True])
    def test_gradients(self, ranks, name, search):
        init_default_scope('mmseg')
        expected = toy.train(toy.build(name), [0, 1])['grads']
        assert all(g.abs().sum() > 0 for g in expected.values())
        for rank in ranks:
            found = rank[name, search]['grads']
            assert set(found) == set(expected)
            for key, grad in expected.items():
                torch.testing.assert_close(
                    found[key], grad, rtol=1e-7, atol=1e-9, msg=key)

    def test_every_rank_logs_the_losses_of_the_batch(self, ranks, name):
        init_default_scope('mmseg')
        expected = toy.train(toy.build(name), [0, 1])['logs']
        for rank in ranks:
            for found, log in zip(rank[name, False]['logs'], expected):
                assert found == pytest.approx(log, rel=1e-7)
