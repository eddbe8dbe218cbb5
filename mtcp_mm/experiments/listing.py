# Copyright (c) mtcp_mm authors. All rights reserved.
"""What shall be run, and what the paper says about it."""
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from mmengine.fileio import load


@dataclass(frozen=True)
class MetricColumn:
    """A score of the table.

    Args:
        key (str): As in metrics.json, e.g. ``depth/rmse``.
        heading (str): How the table calls it. Defaults to the key.
        better (str, optional): 'higher' or 'lower'. Without it there is no
            delta_MTL.
        digits (int): Decimals. Defaults to 2.
        note (str): Stands below the table, e.g. how the protocol of the
            paper differs.
    """

    key: str
    heading: str = ''
    better: str | None = None
    digits: int = 2
    note: str = ''

    @property
    def title(self) -> str:
        """str: Heading with an arrow that says which way is up."""
        arrow = {'higher': ' ↑', 'lower': ' ↓', None: ''}[self.better]
        return (self.heading or self.key) + arrow


@dataclass(frozen=True)
class Experiment:
    """A row of the table.

    Args:
        name (str): Unique in the list; names the folder of the runs too.
        config (str): Config file, relative to the list.
        options (Mapping): Further ``--cfg-options``.
        single_task (str, optional): Key of the score for which this is the
            single-task baseline; the row shows no other.
        paper (Mapping): Score key to the number in the paper.
    """

    name: str
    config: str
    options: Mapping[str, Any] = field(default_factory=dict)
    single_task: str | None = None
    trivial: bool = False
    paper: Mapping[str, float] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """str: Name of the folder of its runs."""
        return re.sub('[^a-z0-9]+', '_', self.name.lower()).strip('_')


@dataclass(frozen=True)
class ExperimentList:
    """What a list file holds.

    Args:
        title (str): Above the table.
        metrics (tuple[MetricColumn]): Columns. Empty: the first score of
            every task.
        experiments (tuple[Experiment]): Rows.
        base (str, optional): Base of all configs instead of their own,
            relative to the list; see configs/ablations/lps.py.
        costs (bool): Whether the table has parameters, GFLOPs, time and
            memory of a training step. Defaults to False.
    """

    title: str
    metrics: tuple[MetricColumn, ...]
    experiments: tuple[Experiment, ...]
    base: str | None = None
    costs: bool = False


def _build(cls: type, where: str, **values) -> Any:
    known = {f.name for f in fields(cls)}
    if unknown := sorted(set(values) - known):
        raise ValueError(f'{where} has the unknown keys {unknown}; known are '
                         f'{sorted(known)}.')
    try:
        return cls(**values)
    except TypeError as error:
        raise ValueError(f'{where}: {error}') from error


def _check(path: str, found: ExperimentList) -> None:
    folders = [experiment.folder for experiment in found.experiments]
    if twice := sorted({name for name in folders if folders.count(name) > 1}):
        raise ValueError(f'{path}: several experiments would write to the '
                         f'folder {twice}. Give them other names.')
    keys = {metric.key for metric in found.metrics}
    for metric in found.metrics:
        if metric.better not in ('higher', 'lower', None):
            raise ValueError(f'{path}: `better` of {metric.key} must be '
                             f"'higher' or 'lower', but is {metric.better!r}.")
    for experiment in found.experiments:
        used = set(experiment.paper) | ({experiment.single_task} - {None})
        if unknown := sorted(used - keys):
            raise ValueError(f'{path}: {experiment.name!r} speaks of '
                             f'{unknown}, but `metrics` has {sorted(keys)}.')
    configs = [experiment.config for experiment in found.experiments]
    for config in filter(None, [*configs, found.base]):
        if not os.path.isfile(config):
            found = 'is a folder' if os.path.isdir(config) else (
                'does not exist')
            raise ValueError(f'{path}: the config {config} {found}.')


def read_list(paths: Sequence[str]) -> ExperimentList:
    """Read one list (.yml) or take some configs (.py) as a list.

    Args:
        paths (Sequence[str]): Files.

    Returns:
        ExperimentList: With paths of configs relative to the folder in which
        we are.

    Raises:
        ValueError: What is wrong with the list, and where.
    """
    if len(paths) == 1 and paths[0].endswith(('.yml', '.yaml')):
        path = paths[0]
        content = load(path)
        if not isinstance(content, dict) or not content.get('experiments'):
            raise ValueError(f'{path} must be a mapping with `experiments`, '
                             'see configs/ablations/nyud.yml.')

        def locate(config: str) -> str:
            return os.path.normpath(
                os.path.join(os.path.dirname(path), config))

        experiments = [
            _build(Experiment, f'{path}: {entry}', **entry)
            for entry in content.pop('experiments')
        ]
        experiments = [
            replace(e, config=locate(e.config)) for e in experiments
        ]
        if content.get('base'):
            content['base'] = locate(content['base'])
        metrics = [
            _build(MetricColumn, f'{path}: metric {key}', key=key, **entry)
            for key, entry in content.pop('metrics', {}).items()
        ]
        found = _build(
            ExperimentList,
            path,
            **{'title': Path(path).stem, **content},
            metrics=tuple(metrics),
            experiments=tuple(experiments))
    else:
        path = ' '.join(paths)
        if wrong := [p for p in paths if not p.endswith('.py')]:
            raise ValueError(f'Give one list (.yml) or some configs (.py), '
                             f'not {wrong}.')
        found = ExperimentList(
            'Experiments', (),
            tuple(Experiment(Path(p).stem, p) for p in paths))
    _check(path, found)
    return found
