# Copyright (c) mtcp_mm authors. All rights reserved.
"""A list of three tiny configs, and tools that only pretend to train."""
import textwrap

import pytest

from mtcp_mm.experiments import run as run_module
from mtcp_mm.experiments.listing import read_list
from mtcp_mm.experiments.run import plan_runs

# A call is appended to calls.txt beside the tools. The score follows from
# config, seed and number of calls, so a stale one shows.
TRAIN = """
import pathlib, sys
config, options = pathlib.Path(sys.argv[1]), sys.argv[2:]
work_dir = pathlib.Path(options[options.index('--work-dir') + 1])
calls = pathlib.Path(__file__).with_name('calls.txt')
with calls.open('a') as file:
    print('train', *sys.argv[1:], file=file)
if 'broken' in config.read_text():
    sys.exit('the loss is NaN')
(work_dir / 'epoch_1.pth').touch()
(work_dir / 'last_checkpoint').write_text('/elsewhere/epoch_1.pth')
"""
TEST = """
import json, pathlib, sys
config, checkpoint, options = sys.argv[1], sys.argv[2], sys.argv[3:]
assert pathlib.Path(checkpoint).is_file()
work_dir = pathlib.Path(options[options.index('--work-dir') + 1])
seed = next(int(o.split('=')[1]) for o in options if o.startswith('random'))
with pathlib.Path(__file__).with_name('calls.txt').open('a') as file:
    print('test', *sys.argv[1:], file=file)
score = float(pathlib.Path(config).read_text().split('score = ')[1]) + seed
(work_dir / 'metrics.json').write_text(
    json.dumps({'a/up': score, 'b/down': 2 * score}))
"""
LIST = """
title: Three rows
metrics:
  a/up: {heading: up, better: higher}
  b/down: {better: lower, digits: 1, note: in metres}
experiments:
  - {name: Only a, config: only_a.py, single_task: a/up, paper: {a/up: 40}}
  - {name: Only b, config: only_b.py, single_task: b/down,
     paper: {b/down: 8}}
  - name: Both (ours)
    config: both.py
    options: {x.y: 3}
    paper: {a/up: 42, b/down: 6}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where list, configs and tools are."""
    for name, text in {
            'rows.yml': LIST,
            'only_a.py': 'score = 10.',
            'only_b.py': 'score = 20.',
            'both.py': 'score = 11.',
            'tools/train.py': TRAIN,
            'tools/test.py': TEST
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text))
    monkeypatch.setattr(run_module, 'TOOLS', tmp_path / 'tools')
    monkeypatch.delenv('MTCP_BASE', raising=False)
    return tmp_path


@pytest.fixture
def experiments(folder):
    return read_list([str(folder / 'rows.yml')])


@pytest.fixture
def plan(folder, experiments):
    """Plan the runs of the list."""

    def make(seeds=(0, ), options=()):
        return plan_runs(experiments, seeds, folder / 'work', options)

    return make


@pytest.fixture
def calls(folder):
    """What was called so far: 'train' or 'test', and the arguments."""

    def read():
        file = folder / 'tools' / 'calls.txt'
        return file.read_text().splitlines() if file.is_file() else []

    return read
