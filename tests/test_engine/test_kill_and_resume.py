# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: the training that nobody killed. 20 kills are for
`python tests/kill_and_resume.py --help`."""
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer

from tests.run_state import compare, differences, logged_in

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(torch.cuda.is_available(), reason='gloo ranks on a CPU')
@pytest.mark.parametrize('ranks, loop', [(1, 'iterations'), (2, 'epochs')])
def test_killed_in_each_phase(ranks, loop):
    done = subprocess.run(
        [sys.executable, ROOT / 'tests/kill_and_resume.py', '--kills', '3',
         '--ranks', str(ranks), '--loop', loop, '--seed', '3'],
        env=dict(os.environ, PYTHONPATH=str(ROOT)), text=True, timeout=600,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout[-5000:]
    assert done.stdout.endswith('\n0 differences\n')


class TestComparison:
    """Oracle: what was changed by hand."""

    @pytest.mark.parametrize('a, b', [
        (torch.ones(3), torch.ones(3).double()),
        (torch.tensor([1.]), torch.tensor([1. + 2**-23])),
        (torch.tensor([0.]), torch.tensor([-0.])),
        (HistoryBuffer(np.array([1.]), np.array([1])),
         HistoryBuffer(np.array([1., 1.]), np.array([1, 1]))),
        ([1], [1, 2]), (1, 1.), ('a', 'b'), (dict(x=1), {}),
    ])
    def test_is_named(self, a, b):
        found = differences(dict(k=a, same=1), dict(k=b, same=1))
        assert found and all(name.startswith('/k') for name in found)
        assert not differences(dict(k=a), dict(k=a))

    def test_nan_is_nan(self):
        assert not differences(dict(x=torch.tensor(torch.nan), y=np.nan),
                               dict(x=torch.tensor(torch.nan), y=np.nan))

    def test_clock_does_not_count(self):
        assert not differences({'train/data_time': 1}, {'train/data_time': 2})
        assert differences({'train/loss': 1}, {'train/loss': 2})

    def test_log(self, tmp_path):
        """Steps that a kill undid are logged again, with the same numbers."""
        def log(folder, name, lines, torn=''):
            path = tmp_path / folder / name / 'vis_data/scalars.json'
            path.parent.mkdir(parents=True)
            text = ''.join(json.dumps(line) + '\n' for line in lines)
            path.write_text(text + torn)

        def state(folder):
            return dict(log=logged_in(tmp_path / folder))

        steps = [dict(loss=1. / n, step=n, time=n) for n in (1, 2, 3)]
        log('whole', '1', steps)
        log('cut', '1', steps[:2], torn='{"loss": 0.3')
        log('cut', '2', steps[1:])
        assert not compare(state('whole'), state('cut'))
        log('cut', '3', [dict(steps[2], loss=9.)])
        found, = compare(state('whole'), state('cut'))
        assert "('train', 3)" in found and '9.0' in found
        log('lost', '1', steps[:2])
        assert compare(state('whole'), state('lost'))
