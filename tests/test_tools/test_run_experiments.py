# Copyright (c) mtcp_mm authors. All rights reserved.
"""The command, around a model of one weight whose score is known."""
import json
import os
import runpy
import sys
from pathlib import Path

import pytest
from mmengine.logging import MMLogger

from mtcp_mm.experiments import run as run_module

TOOL = Path(__file__).parents[2] / 'tools' / 'run_experiments.py'
MODULE = """
import torch
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, METRICS, MODELS


@DATASETS.register_module()
class ExperimentData(torch.utils.data.Dataset):

    def __len__(self):
        return 4

    def __getitem__(self, i):
        return dict(x=torch.ones(1))


@MODELS.register_module()
class ExperimentModel(BaseModel):

    def __init__(self, start):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor([start]))

    def forward(self, x, mode='tensor'):
        scaled = x * self.weight  # its gradient is 1
        return dict(loss=scaled.mean()) if mode == 'loss' else list(scaled)


@METRICS.register_module()
class ExperimentMetric(BaseMetric):
    default_prefix = 'tiny'

    def process(self, data_batch, data_samples):
        self.results += [float(s) for s in data_samples]

    def compute_metrics(self, results):
        return dict(mean=sum(results) / len(results))
"""
CONFIG = """
_base_ = '{{$MTCP_BASE:nothing.py}}'
model = dict(start=START)
"""
BASE = """
custom_imports = dict(imports=['experiment_module'])
model = dict(type='ExperimentModel', start=0.)
train_dataloader = dict(
    batch_size=2,
    sampler=dict(type='DefaultSampler'),
    collate_fn=dict(type='default_collate'),
    dataset=dict(type='ExperimentData'))
test_dataloader = train_dataloader
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=.1))
train_cfg = dict(by_epoch=True, max_epochs=1)
test_cfg = dict()
test_evaluator = dict(type='ExperimentMetric')
"""
LIST = """
metrics: {tiny/mean: {better: higher, digits: 1}}
experiments:
  - {name: Alone, config: alone.py, single_task: tiny/mean}
  - {name: Better, config: better.py, paper: {tiny/mean: 9}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    for name, text in {
            'experiment_module.py': MODULE,
            'base.py': BASE,
            'rows.yml': LIST,
            'alone.py': CONFIG.replace('START', '1.2'),
            'better.py': CONFIG.replace('START', '1.7')
    }.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('OMP_NUM_THREADS', '1')
    monkeypatch.setenv('PYTHONPATH', os.pathsep.join(
        [str(tmp_path), os.environ.get('PYTHONPATH', '')]))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv('MTCP_BASE', '')  # restores what the tool sets
    monkeypatch.setattr(sys, 'argv', [])
    yield tmp_path
    MMLogger._instance_dict.pop('run_experiments', None)


def run(*args):
    """Exit code of the tool, run here."""
    sys.argv = [TOOL.name, *map(str, args)]
    try:
        runpy.run_path(str(TOOL), run_name='__main__')
    except SystemExit as end:
        return end.code
    return 0


def test_trains_tests_and_reports(folder, capfd):
    """Oracle: two steps of 0.1 down from 1.7."""
    args = ('rows.yml', '--base', 'base.py', '--only', 'Better', '--work-dir',
            'w')
    assert run(*args) == 0
    out = capfd.readouterr().out
    assert '2 runs, 1 of them to do, in w' in out
    assert '| Better | 9.0 | 1.5 | – | not run |' in out
    assert '| Better | 9.0 | 1.5 |' in Path('w/table.md').read_text()
    assert 'Better,tiny/mean,paper,9' in Path('w/table.csv').read_text()
    about = json.loads(Path('w/table.json').read_text())
    assert about['command'].endswith('rows.yml --base base.py --only Better '
                                     '--work-dir w')
    record, = about['runs']
    assert record['scores'] == {'tiny/mean': pytest.approx(1.5)}
    assert record['base'] == 'base.py'
    assert set(record['environment']) >= {'torch', 'mmengine', 'Python'}

    # a finished run is kept
    checkpoint = Path('w/better/seed_0/epoch_1.pth')
    before = checkpoint.stat().st_mtime_ns
    assert run(*args) == 0
    assert '2 runs, 0 of them to do' in capfd.readouterr().out
    assert checkpoint.stat().st_mtime_ns == before
    assert run(*args, '--seeds', 3, '--dry-run') == 0
    assert '2 runs, 1 of them to do' in capfd.readouterr().out

    # without a list of scores: the first of every task
    assert run('better.py', '--base', 'base.py', '--work-dir', 'w') == 0
    assert '| better | 1.5000 |' in capfd.readouterr().out


def test_a_failing_run_is_told_in_the_end(folder, capfd, monkeypatch):
    (folder / 'tools').mkdir()
    (folder / 'tools/train.py').write_text('raise TypeError("no such thing")')
    monkeypatch.setattr(run_module, 'TOOLS', folder / 'tools')
    assert run('alone.py', 'better.py', '--base', 'base.py') == 1
    out, err = capfd.readouterr()
    assert out.count('FAILED with exit code 1') == 2
    assert out.count('    | TypeError: no such thing') == 2
    assert err.splitlines() == [
        f'FAILED: {name}, seed 0: exit code 1, see {folder}/work_dirs/'
        f'experiments_on_base/{name}/seed_0/log.txt'
        for name in ('alone', 'better')
    ]


class TestWithoutRuns:

    def test_dry_run_prints_commands(self, folder, capfd):
        assert run('rows.yml', '--base', 'base.py', '--seeds', 0, 1,
                   '--only', 'Better', '--cfg-options', 'a.b=1', '--launcher',
                   'slurm', '--partition', 'gpu', '--gpus', 8,
                   '--dry-run') == 0
        out = capfd.readouterr().out
        assert '4 runs, 2 of them to do, in work_dirs/rows_on_base' in out
        assert '# Better, seed 1\n# sbatch --wait --partition=gpu' in out
        assert out.count('srun') == 4
        assert out.count('a.b=1 randomness.seed=1 --launcher slurm') == 2
        assert 'alone.py' not in out
        assert not Path('work_dirs').exists()

    def test_table_only(self, capfd):
        assert run('rows.yml', '--base', 'base.py', '--table-only',
                   '--work-dir', 'w') == 0
        assert '| Better | 9.0 | not run | – | not run |' in (
            capfd.readouterr().out)

    @pytest.mark.parametrize('args, message', [
        (('rows.yml', '--only', 'Bettre'), r"['Bettre'] are not in the list: "
         "['Alone', 'Better']"),
        (('row.yml', ), 'file row.yml does not exist'),
        (('alone.py', '--launcher', 'slurm'), 'needs --partition'),
        (('alone.py', '--cfg-options', 'x'), "KEY=VALUE, not ['x']"),
        (('alone.py', '--seeds', 1, 1), 'names one twice'),
        (('alone.py', '--gpus', 0), '--gpus must be at least 1'),
        (('base.py', ), 'base.py takes no other base'),
    ])
    def test_wrong_arguments(self, args, message, capfd):
        assert run(*args, '--base', 'base.py') == 2
        assert message in capfd.readouterr().err
