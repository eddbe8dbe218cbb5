# Copyright (c) mtcp_mm authors. All rights reserved.
import fcntl
import os
from collections import Counter

import pytest

from mtcp_mm.experiments.launch import (
    run_locally,
    run_on_slurm,
    slurm_command,
)

SBATCH = """#!/bin/sh
# runs the job at once, as `sbatch --wait` seems to do
for word in "$@"; do
  case $word in --output=*) out=${word#--output=};; esac
  script=$word
done
echo "$@" >> "$(dirname "$0")/sbatch.txt"
exec bash "$script" >> "$out" 2>&1
"""
SRUN = '#!/bin/sh\nexec "$@"\n'


class TestRunLocally:
    """Oracle: the pretended tools in conftest.py keep a record of calls."""

    def test_runs_one_after_the_other(self, plan, calls):
        runs = plan(seeds=(0, 5))
        assert run_locally(runs, {}) == {}
        assert [line.split()[0] for line in calls()] == ['train', 'test'] * 6
        assert [run.read_scores()['a/up'] for run in runs
                ] == [10, 20, 11, 15, 25, 16]

    def test_a_failing_run_stops_nothing(self, folder, plan, calls, capsys):
        (folder / 'only_b.py').write_text('score = 1. # broken')
        runs = plan()
        failures = run_locally(runs, {})
        assert failures == {
            'Only b, seed 0': f'exit code 1, see {runs[1].log}'
        }
        assert '    | the loss is NaN' in capsys.readouterr().out
        assert runs[1].read_scores() is None
        assert runs[2].read_scores()['b/down'] == 22
        # mended, it goes on
        (folder / 'only_b.py').write_text('score = 20.')
        assert run_locally(plan()[1:2], {}) == {}
        assert plan()[1].read_scores()['b/down'] == 40

    def test_leaves_a_run_to_whom_has_it(self, plan, calls):
        runs = plan()
        runs[0].folder.parent.mkdir(parents=True)
        with open(f'{runs[0].folder}.lock', 'w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            failures = run_locally(runs[:2], {})
        assert failures == {'Only a, seed 0': 'another process is at it'}
        assert len(calls()) == 2
        # and to whom had it
        run_locally(runs[:2], {})
        assert len(calls()) == 4

    def test_the_lock_outlives_the_parent(self, folder, plan):
        """The training itself holds the lock: a new parent keeps away."""
        (folder / 'tools' / 'train.py').write_text(
            'import fcntl, sys\n'
            'work_dir = sys.argv[sys.argv.index("--work-dir") + 1]\n'
            'lock = open(work_dir + ".lock")\n'
            'try:\n'
            '    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)\n'
            'except BlockingIOError:\n'
            '    import glob, os\n'
            '    held = [os.readlink(f) for f in glob.glob("/proc/self/fd/*")'
            ' if os.path.exists(f)]\n'
            '    sys.exit(40 + (held.count(work_dir + ".lock") == 2))\n')
        run = plan()[0]
        failures = run_locally([run], {})
        assert failures[run.name].startswith('exit code 41')


class TestSlurm:
    """Oracle: the manual of sbatch; a stand-in that runs the job."""

    def test_command(self, plan, monkeypatch):
        monkeypatch.setenv('GPUS_PER_NODE', '4')
        monkeypatch.setenv('SBATCH_ARGS', '--time=1 --qos=x')
        run = plan()[0]
        words = slurm_command(run, 'gpu', 16)
        assert words[:2] == ['sbatch', '--wait']
        assert words[-1] == str(run.folder / 'run.sh')
        assert set(words[2:-1]) == {
            '--partition=gpu', f'--job-name=mtcp-{run.stamp[:12]}',
            '--dependency=singleton', '--comment=Only a, seed 0',
            '--ntasks=16', '--ntasks-per-node=4', '--gres=gpu:4',
            '--cpus-per-task=5', f'--output={run.log}', '--open-mode=append',
            '--time=1', '--qos=x'
        }

    def test_one_job_per_run(self, folder, plan, calls, monkeypatch):
        for name, text in dict(sbatch=SBATCH, srun=SRUN).items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        monkeypatch.setenv('PATH', f'{folder}:{os.environ["PATH"]}')
        (folder / 'only_b.py').write_text('score = 1. # broken')
        # srun and the real tools know --launcher, the pretended ones do not
        runs = plan()
        failures = run_on_slurm(runs, {}, 'gpu')
        assert failures == {
            'Only b, seed 0': f'exit code 1, see {runs[1].log}'
        }
        assert len((folder / 'sbatch.txt').read_text().splitlines()) == 3
        assert Counter(line.split()[0] for line in calls()) == dict(
            train=3, test=2)
        assert [run.read_scores() is not None for run in runs
                ] == [True, False, True]

    def test_needs_slurm(self, plan, monkeypatch, tmp_path):
        monkeypatch.setenv('PATH', str(tmp_path))
        with pytest.raises(ValueError, match='needs the command sbatch'):
            run_on_slurm(plan(), {}, 'gpu')
