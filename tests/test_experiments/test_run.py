# Copyright (c) mtcp_mm authors. All rights reserved.
import json
import shlex
from dataclasses import replace

import pytest

from mtcp_mm.experiments.listing import Experiment
from mtcp_mm.experiments.run import plan_runs


class TestRun:
    """Oracles: the command line, written by hand; files in the folder."""

    def test_plan_goes_seed_by_seed(self, folder, plan):
        runs = plan(seeds=(0, 7))
        assert [run.name for run in runs] == [
            f'{name}, seed {seed}' for seed in (0, 7)
            for name in ('Only a', 'Only b', 'Both (ours)')
        ]
        assert runs[-1].folder == folder / 'work' / 'both_ours' / 'seed_7'
        assert runs[-1].options == ('x.y=3', 'randomness.seed=7')

    def test_stamp_tells_configs_apart(self, folder, plan):
        before = [run.stamp for run in plan((0, 1))]
        assert len(set(before)) == 6
        assert [run.stamp for run in plan((0, 1))] == before
        assert not set(before) & {run.stamp for run in plan((0, 1), ['a=1'])}
        (folder / 'base.py').write_text('score = 10.')
        (folder / 'only_a.py').write_text("_base_ = 'base.py'")
        assert [run.stamp for run in plan((0, 1))] == before
        (folder / 'base.py').write_text('score = 12.')
        changed = [a != b.stamp for a, b in zip(before, plan((0, 1)))]
        assert changed == [True, False, False] * 2

    def test_script_on_this_machine(self, plan, folder, monkeypatch):
        run = plan(options=['a.b=[1, 2]'])[2]
        monkeypatch.setattr('sys.executable', '/py thon')
        work_dir = folder / 'work/both_ours/seed_0'
        *head, train, test = run.script().splitlines()
        assert head == ['#!/usr/bin/env bash', 'set -euo pipefail']
        options = [
            '--work-dir', f'{work_dir}', '--cfg-options', 'a.b=[1, 2]',
            'x.y=3', 'randomness.seed=0'
        ]
        assert shlex.split(train) == [
            '/py thon', f'{folder}/tools/train.py', f'{folder}/both.py',
            '--resume', *options
        ]
        words = shlex.split(test)
        assert words[:3] == [
            '/py thon', f'{folder}/tools/test.py', f'{folder}/both.py'
        ]
        assert words[-6:] == options

    def test_the_best_constants_are_scored_once(self, folder, experiments):
        constants = Experiment('Trivial', str(folder / 'both.py'),
                               trivial=True)
        experiments = replace(experiments, experiments=(
            constants, *experiments.experiments))
        first, *others = plan_runs(experiments, (3, 4), folder / 'work', ())
        assert len(others) == 6
        *_, line = first.script().splitlines()
        assert shlex.split(line)[1:] == [
            f'{folder}/tools/analysis_tools/trivial_baselines.py',
            f'{folder}/both.py', '--work-dir',
            f'{folder}/work/trivial/seed_3', '--cfg-options',
            'randomness.seed=3'
        ]

    def test_script_on_several_gpus(self, plan, folder):
        train, test = plan()[0].script(gpus=8).splitlines()[-2:]
        assert train.startswith(f'bash {folder}/tools/dist_train.sh '
                                f'{folder}/only_a.py 8 --resume --work-dir ')
        assert test.startswith(f'bash {folder}/tools/dist_test.sh '
                               f'{folder}/only_a.py {folder}/work/')
        assert '/last_checkpoint)")" 8 --work-dir ' in test

    def test_script_for_slurm(self, plan, folder, monkeypatch):
        monkeypatch.setattr('sys.executable', '/python')
        train, test = plan()[0].script('slurm', 8).splitlines()[-2:]
        assert train.startswith(
            f'srun /python -u {folder}/tools/train.py {folder}/only_a.py '
            '--resume --work-dir ')
        assert train.endswith(' --launcher slurm')
        assert test.startswith(f'srun /python -u {folder}/tools/test.py')
        assert test.endswith(' --launcher slurm')

    def test_base_needs_a_config_that_takes_it(self, folder, plan,
                                               monkeypatch):
        (folder / 'other.py').write_text('score = 3.\nx = 1')
        monkeypatch.setenv('MTCP_BASE', str(folder / 'other.py'))
        with pytest.raises(ValueError, match='only_a.py takes no other base'):
            plan()
        for name in ('only_a', 'only_b', 'both'):
            (folder / f'{name}.py').write_text(
                "_base_ = '{{$MTCP_BASE:none.py}}'")
        run = plan()[0]
        assert f'export MTCP_BASE={folder}/other.py\n' in run.script()
        (folder / 'other.py').write_text('score = 3.\nx = 2')
        assert plan()[0].stamp != run.stamp

    def test_scores_need_the_stamp(self, plan):
        run = plan()[0]
        assert run.read_scores() is None
        script = run.prepare('true\n', dict(commit='abc'))
        assert script.read_text() == 'true\n'
        assert run.read_scores() is None
        (run.folder / 'metrics.json').write_text('{"a/up": 1}')
        assert run.read_scores() == {'a/up': 1}
        assert run.read_record()['commit'] == 'abc'
        assert plan(options=['b=1'])[0].read_scores() is None

    def test_prepare_keeps_the_work_of_the_same_config(self, plan):
        run = plan()[0]
        run.prepare('', {})
        run.write_record(dict(run.read_record(), seconds=60))
        (run.folder / 'epoch_1.pth').touch()
        (run.folder / 'metrics.json').write_text('{}')
        run.prepare('', {})
        assert (run.folder / 'epoch_1.pth').is_file()
        assert not (run.folder / 'metrics.json').exists(), 'would be stale'
        assert run.read_record()['seconds'] == 60

    def test_prepare_puts_another_config_aside(self, plan, capsys):
        run, other = plan()[0], plan(options=['b=1'])[0]
        run.prepare('', {})
        (run.folder / 'epoch_1.pth').touch()
        other.prepare('', {})
        assert not (run.folder / 'epoch_1.pth').exists()
        old, = run.folder.parent.glob('seed_0.2*')
        assert (old / 'epoch_1.pth').is_file()
        record = json.loads((old / 'run.json').read_text())
        assert record['stamp'] == run.stamp
        assert str(old) in capsys.readouterr().out
