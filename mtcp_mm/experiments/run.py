# Copyright (c) mtcp_mm authors. All rights reserved.
"""One training with its test: folder, script, and whether it is done."""
import hashlib
import json
import os
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mtcp_mm.utils.files import write_atomically
from mtcp_mm.utils.settings import load_config_file
from .listing import Experiment, ExperimentList

TOOLS = Path(__file__).parents[2] / 'tools'
if not (TOOLS / 'run_experiments.py').is_file():  # installed from a wheel
    TOOLS = Path(__file__).parents[1] / '.mim' / 'tools'


@dataclass(frozen=True)
class Run:
    """One experiment with one seed.

    Args:
        experiment (Experiment): What to run.
        seed (int): Goes to ``randomness.seed``.
        folder (Path): Work dir of this run.
        options (tuple[str]): Further ``--cfg-options``, KEY=VALUE.
        stamp (str): Changes with anything in the resolved config.
    """

    experiment: Experiment
    seed: int
    folder: Path
    options: tuple[str, ...]
    stamp: str

    @property
    def name(self) -> str:
        """str: For messages."""
        return f'{self.experiment.name}, seed {self.seed}'

    @property
    def log(self) -> Path:
        """Path: All output of the run."""
        return self.folder / 'log.txt'

    def read_record(self) -> dict:
        """What :meth:`prepare` wrote; empty if there is nothing."""
        file = self.folder / 'run.json'
        return json.loads(file.read_text()) if file.is_file() else {}

    def read_scores(self) -> dict[str, float | None] | None:
        """Scores of the finished run; None if it is not finished, or was
        finished with another config."""
        file = self.folder / 'metrics.json'
        if not file.is_file() or self.read_record().get('stamp') != self.stamp:
            return None
        return json.loads(file.read_text())

    def script(self, launcher: str = 'none', gpus: int = 1) -> str:
        """Bash script that trains, or goes on training, and tests.

        That of the best constants scores them.

        Args:
            launcher (str): 'none' or 'slurm'. Defaults to 'none'.
            gpus (int): Ranks. Defaults to 1.
        """
        config = shlex.quote(os.path.abspath(self.experiment.config))
        folder = shlex.quote(str(self.folder))
        python = shlex.quote(sys.executable)
        options = f'--work-dir {folder} --cfg-options ' + ' '.join(
            map(shlex.quote, self.options))
        lines = ['#!/usr/bin/env bash', 'set -euo pipefail']
        if base := os.environ.get('MTCP_BASE'):
            lines.append(f'export MTCP_BASE={shlex.quote(base)}')
        if self.experiment.trivial:
            tool = TOOLS / 'analysis_tools' / 'trivial_baselines.py'
            return '\n'.join([*lines, f'{python} {tool} {config} {options}\n'])
        # The folder may have been moved: only the name of the file counts.
        checkpoint = (f' {folder}/"$(basename "$(cat {folder}/'
                      'last_checkpoint)")"')
        for name, argument, resume in (('train', '', ' --resume'),
                                       ('test', checkpoint, '')):
            call = f'{python} {TOOLS / name}.py {config}{argument}'
            if launcher == 'slurm':
                call = f'srun {python} -u {TOOLS / name}.py {config}{argument}'
            elif gpus > 1:
                call = (f'bash {TOOLS}/dist_{name}.sh {config}{argument} '
                        f'{gpus}')
            end = ' --launcher slurm' * (launcher == 'slurm')
            lines.append(f'{call}{resume} {options}{end}')
        return '\n'.join(lines) + '\n'

    def prepare(self, script: str, about: dict) -> Path:
        """Make the folder ready: keep what fits, put away what does not.

        Args:
            script (str): From :meth:`script`.
            about (dict): Goes to run.json: versions and the like.

        Returns:
            Path: The script, written to the folder.
        """
        record = self.read_record()
        if self.folder.exists() and record.get('stamp') != self.stamp:
            old = f'{self.folder}.{time.strftime("%Y%m%d_%H%M%S")}'
            self.folder.rename(old)
            print(f'{self.folder} was made with another config: now {old}')
            record = {}
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / 'metrics.json').unlink(missing_ok=True)
        record = {
            'name': self.experiment.name,
            'config': self.experiment.config,
            'options': list(self.options),
            'seed': self.seed,
            'stamp': self.stamp,
            'seconds': 0,
            **about,
            **{k: record[k] for k in ('seconds', 'started') if k in record}
        }
        self.write_record(record)
        write_atomically(self.folder / 'run.sh', script)
        return self.folder / 'run.sh'

    def write_record(self, record: dict) -> None:
        """Write run.json."""
        write_atomically(self.folder / 'run.json',
                         json.dumps(record, indent=2) + '\n')


def make_stamp(config: str, options: Sequence[str]) -> str:
    """Fingerprint of a config with all that it inherits, and its options."""
    content = [load_config_file(config).to_dict(), list(options)]
    text = json.dumps(content, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


def plan_runs(experiments: ExperimentList, seeds: Sequence[int], folder: Path,
              options: Sequence[str]) -> list[Run]:
    """Every experiment with every seed, seed by seed.

    A broken-off list then has some seeds of all rows, not all of some.

    Args:
        experiments (ExperimentList): What to run.
        seeds (Sequence[int]): Seeds.
        folder (Path): Holds ``<experiment>/seed_<seed>``.
        options (Sequence[str]): For all experiments, KEY=VALUE.

    Raises:
        ValueError: ``MTCP_BASE`` is set, and a config does not ask for it.
    """
    runs = []
    for seed in seeds:
        for experiment in experiments.experiments:
            if experiment.trivial and seed != seeds[0]:
                continue
            if os.environ.get('MTCP_BASE') and '{{$MTCP_BASE:' not in Path(
                    experiment.config).read_text(encoding='utf-8'):
                raise ValueError(
                    f'{experiment.config} takes no other base: it does not '
                    "begin with _base_ = '{{$MTCP_BASE:...}}', as those in "
                    'configs/ablations/ do.')
            own = [f'{key}={value}'
                   for key, value in experiment.options.items()]
            words = (*options, *own, f'randomness.seed={seed}')
            where = folder.absolute() / experiment.folder / f'seed_{seed}'
            runs.append(
                Run(experiment, seed, where, words,
                    make_stamp(experiment.config, words)))
    return runs
