# Copyright (c) mtcp_mm authors. All rights reserved.
"""How the scores of a list of runs went over training."""
import statistics
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from mtcp_mm.records.logs import RunLog
from .listing import MetricColumn

#: Runs of one experiment.
Logs = Sequence[RunLog]


def mean_curve(
        logs: Logs,
        key: str) -> tuple[list[float], list[float], list[float]]:
    """A score over the runs of one experiment, per validation.

    Args:
        logs (Sequence[RunLog]): One log per seed.
        key (str): Of the score, e.g. ``depth/rmse``.

    Returns:
        tuple[list, list, list]: Steps that every run was validated at, mean,
        and standard deviation of the sample (0 for one run).
    """
    curves = [dict(zip(*log.validations(key))) for log in logs]
    steps = sorted(set.intersection(*map(set, curves))) if curves else []
    values = [[curve[step] for curve in curves] for step in steps]
    return steps, [statistics.fmean(v) for v in values], [
        statistics.stdev(v) if len(v) > 1 else 0. for v in values
    ]


def draw_curves(logs: Mapping[str, Logs],
                metrics: Sequence[MetricColumn]) -> Figure | None:
    """A chart per score, a line per experiment, a band of one deviation.

    Args:
        logs (Mapping): Name of an experiment to its logs. An experiment
            without at least two validations of a score has no line.
        metrics (Sequence[MetricColumn]): Scores.

    Returns:
        Figure, optional: None if there is no line at all.
    """
    if not metrics:
        return None
    figure = Figure((4.6 * len(metrics), 4.2), layout='constrained')
    axes = figure.subplots(1, len(metrics), squeeze=False)[0]
    lines = {}
    for number, (name, runs) in enumerate(logs.items()):
        for axis, metric in zip(axes, metrics):
            steps, means, deviations = mean_curve(runs, metric.key)
            if len(steps) < 2:
                continue
            color = f'C{number % 10}'
            style = ('-', '--', ':')[number // 10 % 3]
            lines[name], = axis.plot(steps, means, style, color=color)
            axis.fill_between(
                steps, [m - d for m, d in zip(means, deviations)],
                [m + d for m, d in zip(means, deviations)],
                color=color,
                alpha=0.12,
                linewidth=0)
    for axis, metric in zip(axes, metrics):
        axis.set_title(metric.title)
        axis.set_xlabel(
            next((run.unit for runs in logs.values() for run in runs), ''))
        axis.grid(alpha=0.3)
    if not lines:
        return None
    figure.legend(
        lines.values(), lines, loc='outside lower center', ncols=4,
        fontsize='small', frameon=False)
    return figure
