# Copyright (c) mtcp_mm authors. All rights reserved.
"""The scores of runs beside the numbers of the paper."""
import csv
import io
import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mtcp_mm.evaluation.functional.delta_mtl import delta_mtl
from mtcp_mm.evaluation.score_keys import split_key
from .costs import COST_COLUMNS
from .listing import Experiment, ExperimentList, MetricColumn

#: Key of delta_MTL where scores have theirs.
DELTA = 'delta_mtl'
#: Scores of one experiment: seed to {key: value}.
SeedScores = Mapping[int, Mapping[str, float | None]]


@dataclass
class Row:
    """A row of the table.

    Args:
        experiment (Experiment): What was run.
        paper (dict): Score key to the number in the paper; ``delta_mtl`` is
            computed from the others.
        ours (dict): Score key to {seed: value} of the finished runs;
            ``delta_mtl`` where there are single-task runs.
        costs (dict): From :func:`measure_costs`; empty if not measured.
    """

    experiment: Experiment
    paper: dict[str, float] = field(default_factory=dict)
    ours: dict[str, dict[int, float]] = field(default_factory=dict)
    costs: dict[str, float] = field(default_factory=dict)


def main_columns(scores: Mapping[str, SeedScores]) -> tuple[MetricColumn, ...]:
    """Columns for a list that names none: the first score of every task."""
    keys = {}
    for seeds in scores.values():
        for run in seeds.values():
            for key in run:
                keys.setdefault(split_key(key).task, key)
    return tuple(MetricColumn(key, digits=4) for key in keys.values())


def mean_and_std(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean, and standard deviation of the sample (n - 1); None for one."""
    values = list(values)
    std = statistics.stdev(values) if len(values) > 1 else None
    return statistics.fmean(values), std


def _delta(scores: Mapping[str, float], references: Mapping[str, float],
           metrics: Sequence[MetricColumn]) -> float | None:
    """delta_MTL over all columns; None if one of the numbers is missing."""
    keys = [metric.key for metric in metrics]
    known = [k for k in keys if references.get(k) and k in scores]
    if not keys or known != keys or any(m.better is None for m in metrics):
        return None
    return delta_mtl({key: scores[key] for key in keys}, references,
                     {m.key: m.better == 'higher' for m in metrics})


def make_rows(experiments: ExperimentList,
              scores: Mapping[str, SeedScores],
              costs: Mapping[str, Mapping[str, float]] = {}) -> list[Row]:
    """Collect what the table shows.

    delta_MTL of a seed compares its scores with the mean of the single-task
    runs over their seeds, so its spread over seeds is that of the multi-task
    runs alone.

    Args:
        experiments (ExperimentList): The list.
        scores (Mapping): Name of an experiment to its scores per seed.
        costs (Mapping): Name of an experiment to its costs.
    """
    keys = [metric.key for metric in experiments.metrics]
    rows, paper_baseline, baseline = [], {}, {}
    for experiment in experiments.experiments:
        single = experiment.single_task
        row = Row(experiment, dict(experiment.paper),
                  costs=dict(costs.get(experiment.name, {})))
        found = scores.get(experiment.name, {})
        for key in ([single] if single else keys):
            values = {
                seed: run[key]
                for seed, run in sorted(found.items())
                if run.get(key) is not None and math.isfinite(run[key])
            }
            if values:
                row.ours[key] = values
        if single and single in row.paper:
            paper_baseline[single] = row.paper[single]
        if single and single in row.ours:
            baseline[single] = mean_and_std(row.ours[single].values())[0]
        rows.append(row)
    for row in rows:
        if row.experiment.single_task:
            continue
        paper = _delta(row.paper, paper_baseline, experiments.metrics)
        if paper is not None:
            row.paper[DELTA] = paper
        seeds = scores.get(row.experiment.name, {})
        ours = {
            seed: _delta({k: v[seed] for k, v in row.ours.items()
                          if seed in v}, baseline, experiments.metrics)
            for seed in sorted(seeds)
        }
        ours = {seed: delta for seed, delta in ours.items()
                if delta is not None}
        if ours:
            row.ours[DELTA] = ours
    return rows


def _columns(experiments: ExperimentList) -> list[MetricColumn]:
    columns = list(experiments.metrics)
    if any(e.single_task for e in experiments.experiments):
        columns.append(MetricColumn(DELTA, 'Δ_MTL (%)', 'higher'))
    return columns


def _cells(row: Row, column: MetricColumn, seeds: int) -> tuple[str, str]:
    """What the paper has, and what we have."""
    digits = column.digits
    if row.experiment.single_task not in (None, column.key):
        return '–', '–'
    paper = row.paper.get(column.key)
    paper = '–' if paper is None else f'{paper:.{digits}f}'
    values = row.ours.get(column.key)
    if not values:
        return paper, 'not run'
    mean, std = mean_and_std(values.values())
    ours = f'{mean:.{digits}f}'
    if std is not None:
        ours += f' ± {std:.{digits}f}'
    if len(values) < seeds and not row.experiment.trivial:
        ours += f' ({len(values)} of {seeds} seeds)'
    return paper, ours


def to_markdown(experiments: ExperimentList, rows: Sequence[Row],
                seeds: Sequence[int]) -> str:
    """The table for people, notes on the columns below it."""
    columns = _columns(experiments)
    published = any(row.paper for row in rows)
    costs = COST_COLUMNS if experiments.costs else ()
    head, lines = ['run'], []
    for column in columns:
        head += ([f'{column.title}, paper', 'ours'] if published else
                 [column.title])
    head += [column.title for column in costs]
    for row in rows:
        cells = [row.experiment.name]
        for column in columns:
            cells += _cells(row, column, len(seeds))[0 if published else 1:]
        cells += [f'{row.costs[c.key]:.{c.digits}f}' if row.costs else '–'
                  for c in costs]
        lines.append(cells)
    table = ['| ' + ' | '.join(cells) + ' |' for cells in (head, *lines)]
    table.insert(1, '|---' + '|--:' * (len(head) - 1) + '|')
    notes = [f'- {c.heading or c.key}: {c.note}' for c in columns if c.note]
    if len(seeds) > 1:
        notes.insert(0, f'- ours: mean ± standard deviation of the sample '
                     f'over the seeds {", ".join(map(str, seeds))}')
    return '\n'.join([*table, '', *notes]).rstrip() + '\n'


def to_json(experiments: ExperimentList, rows: Sequence[Row],
            about: Mapping) -> str:
    """Everything, for machines.

    Args:
        experiments (ExperimentList): The list.
        rows (Sequence[Row]): From :func:`make_rows`.
        about (Mapping): Command, versions and the like.
    """
    content = []
    for row in rows:
        summary = {}
        for key, values in row.ours.items():
            mean, std = mean_and_std(values.values())
            summary[key] = dict(mean=mean, std=std, seeds=values)
        content.append(
            dict(
                name=row.experiment.name,
                config=row.experiment.config,
                paper=row.paper,
                ours=summary,
                costs=row.costs))
    return json.dumps(
        dict(title=experiments.title, **about, rows=content),
        indent=2,
        ensure_ascii=False) + '\n'


def to_csv(rows: Sequence[Row]) -> str:
    """A line per run and seed; the paper is a 'seed' too."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator='\n')
    writer.writerow(['run', 'score', 'seed', 'value'])
    for row in rows:
        for key, value in row.paper.items():
            writer.writerow([row.experiment.name, key, 'paper', value])
        for key, values in row.ours.items():
            for seed, value in values.items():
                writer.writerow([row.experiment.name, key, seed, value])
    return out.getvalue()
