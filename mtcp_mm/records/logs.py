# Copyright (c) mtcp_mm authors. All rights reserved.
"""What a run left in ``<work_dir>/<time>/vis_data/scalars.json``."""
import fnmatch
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mtcp_mm.utils.errors import UsageError

#: Not a curve: where a record stands.
POSITION = ('step', 'iter', 'epoch')


@dataclass
class RunLog:
    """Scalars of a run, in the order of their steps.

    Attributes:
        train (list[dict]): A record per logged training step.
        val (list[dict]): A record per validation; ``step`` is the epoch, or
            the iteration for runs without epochs.
    """

    train: list[dict] = field(default_factory=list)
    val: list[dict] = field(default_factory=list)

    @property
    def unit(self) -> str:
        """str: 'epoch', or 'iteration' where records name no epoch."""
        by_epoch = all('epoch' in record for record in self.train)
        return 'epoch' if by_epoch else 'iteration'

    def keys(self, patterns: Iterable[str] = ('*', )) -> list[str]:
        """Keys that match one of the wildcards, in the order of the log."""
        known = dict.fromkeys(
            key for record in [*self.train, *self.val] for key in record
            if key not in POSITION)
        return list(dict.fromkeys(
            key for pattern in patterns
            for key in known if fnmatch.fnmatchcase(key, pattern)))

    def positions(self) -> list[float]:
        """Where the training records lie, in epochs or iterations.

        An epoch has at least step / epoch iterations, and a record that
        closes an epoch says exactly how many.
        """
        steps = [record['step'] for record in self.train]
        if self.unit != 'epoch' or not steps:
            return steps
        length = max(step / record['epoch']
                     for step, record in zip(steps, self.train))
        return [step / length for step in steps]

    def per_epoch(self, key: str) -> tuple[list[float], list[float]]:
        """Mean of a training value over the records of every epoch.

        Args:
            key (str): E.g. 'depth.loss'.

        Returns:
            tuple[list, list]: Epochs and means; iterations and values for a
            run without epochs. A value that is not finite is left out.
        """
        values: dict[float, list[float]] = {}
        where = 'epoch' if self.unit == 'epoch' else 'step'
        for record in self.train:
            value = record.get(key)
            if value is not None and math.isfinite(value):
                values.setdefault(record[where], []).append(value)
        means = [sum(v) / len(v) for v in values.values()]
        return list(values), means

    def validations(self, key: str) -> tuple[list[float], list[float]]:
        """Steps and values of a score, where it is finite."""
        points = [(r['step'], r[key]) for r in self.val
                  if r.get(key) is not None and math.isfinite(r[key])]
        return [p[0] for p in points], [p[1] for p in points]

    def points(self, key: str) -> tuple[list[float], list[float]]:
        """Any key: all its training records, else its validations."""
        points = [(x, record[key])
                  for x, record in zip(self.positions(), self.train)
                  if key in record]
        if not points:
            return self.validations(key)
        return [p[0] for p in points], [p[1] for p in points]


def log_files(path: str | Path) -> list[Path]:
    """Files of scalars of a run, oldest first.

    Args:
        path (str | Path): Work directory, or such a file itself.

    Raises:
        FileNotFoundError: There is none.
    """
    path = Path(path)
    if path.is_file():
        return [path]
    files = sorted(
        path.glob('**/vis_data/scalars.json'),
        key=lambda file: file.resolve().parts[-3])
    if not files:
        raise FileNotFoundError(
            f'No vis_data/scalars.json below {path}. Is it the work '
            "directory of a run with `dict(type='LocalVisBackend')` in the "
            "visualizer's `vis_backends`?")
    return files


def read_log(path: str | Path) -> RunLog:
    """Read the scalars of a run.

    A resumed run goes on in a folder of its own; from its first step on, it
    replaces what earlier folders tell.

    Args:
        path (str | Path): Work directory, or a ``scalars.json``.

    Returns:
        RunLog: The records.

    Raises:
        FileNotFoundError: There is no log.
        ValueError: A line is no JSON object, or the file no text; names the
            file and the line.
    """
    log = RunLog()
    for file in log_files(path):
        lines = _read_lines(file)
        train = [line for line in lines if 'loss' in line]
        val = [line for line in lines if 'loss' not in line]
        if train:
            first = train[0]['step']
            log.train = [r for r in log.train if r['step'] < first]
            # validations count epochs where the training does
            first = train[0].get('epoch', first)
        elif val:
            first = val[0]['step']
        log.val = [r for r in log.val if not lines or r['step'] < first]
        log.train += train
        log.val += val
    return log


def _read_lines(file: Path) -> Sequence[dict]:
    records = []
    try:
        lines = file.read_text(encoding='utf-8').splitlines()
    except UnicodeDecodeError as error:
        raise UsageError(f'{file} is no log, as it is no text. Name a '
                         'scalars.json or a work directory.') from error
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            if number == len(lines):  # a run that was killed while writing
                break
            raise ValueError(
                f'{file}, line {number}: {line[:60]!r} is no JSON object '
                f'({error}). Is it a scalars.json of mmengine?') from error
        if not isinstance(record, dict) or 'step' not in record:
            raise ValueError(
                f'{file}, line {number}: expected an object with a `step`, '
                f'but found {line[:60]!r}. Is it a scalars.json of mmengine?')
        records.append(record)
    return records
