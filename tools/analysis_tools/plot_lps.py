# Copyright (c) mtcp_mm authors. All rights reserved.
"""Draw what the loss prioritization scheme (LPS) did in one or more runs.

    python tools/analysis_tools/plot_lps.py work_dirs/mtcp_nyud --out lps.png

Weights and shares as logged by LPSHook, above the raw losses of the tasks.
Runs stand side by side, as in Fig. 6 of MT-CP:

    python tools/analysis_tools/plot_lps.py work_dirs/kappa_* --out fig6.png

A run is a work directory or a log (scalars.json). Its kappa is read from the
config that mmengine left beside the log.
"""
import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib
from matplotlib import ticker
from mmengine.config import Config

matplotlib.use('Agg')
import matplotlib.pyplot as plt  # noqa: E402

WEIGHT, SHARE, LOSS = 'lps_weight_', 'lps_share_', '.loss'
DEFAULT_KAPPA = 2.5  # of LPSWeighting


class Run(NamedTuple):
    """What is drawn of a run.

    Attributes:
        label (str): Title of its column.
        records (list[dict]): One per logged training step.
        tasks (list[str]): Tasks with weights.
    """
    label: str
    records: list[dict]
    tasks: list[str]


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'runs', type=Path, nargs='+', help='folder or log of each run')
    parser.add_argument(
        '--out', type=Path, help='picture to write (lps.png beside the run)')
    parser.add_argument(
        '--labels',
        nargs='+',
        help='title of each run (its kappa, from its config)')
    args = parser.parse_args()
    if args.labels and len(args.labels) != len(args.runs):
        parser.error(f'--labels has {len(args.labels)} titles for '
                     f'{len(args.runs)} runs')
    if not args.out and len(args.runs) > 1:
        parser.error('--out must say where to write the picture of several '
                     'runs')
    return args


def find_logs(run: Path) -> list[Path]:
    """Logs of a run, in the order of their time stamps.

    Args:
        run (Path): A log, or a folder with ``<timestamp>/vis_data``.

    Raises:
        FileNotFoundError: There is no log.
    """
    if run.is_file():
        return [run]
    paths = sorted(
        run.rglob('vis_data/scalars.json'),
        key=lambda path: path.resolve().parts[-3])
    if not paths:
        raise FileNotFoundError(
            f'No vis_data/scalars.json below {run}. Is it the work '
            "directory of a run with `dict(type='LocalVisBackend')` in the "
            "visualizer's `vis_backends`?")
    return paths


def read_scalars(paths: Sequence[Path]) -> list[dict]:
    """Training records of a run, in the order of their steps.

    A resumed run goes on in a folder of its own; from its first step on, it
    replaces what earlier folders tell.
    """
    records = []
    for path in paths:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        lines = [line for line in lines if 'loss' in line]  # not validation
        if lines:
            first = lines[0]['step']
            records = [r for r in records if r['step'] < first] + lines
    return records


def names_of_tasks(records: list[dict], run: Path) -> list[str]:
    """Tasks in the order in which their weights were logged.

    Raises:
        ValueError: No weight was logged.
    """
    keys = {key: None for record in records for key in record}
    tasks = [key[len(WEIGHT):] for key in keys if key.startswith(WEIGHT)]
    if not tasks:
        raise ValueError(
            f'The log of {run} has no {WEIGHT}<task>, but '
            f'{", ".join(keys) or "no training step"}. Did the run have '
            "`custom_hooks = [dict(type='mtcp_mm.LPSHook')]`?")
    return tasks


def label_of(run: Path, logs: Sequence[Path]) -> str:
    """'kappa = 2.5' if the config of the last log tells, else the name."""
    path = logs[-1].with_name('config.py')
    if not path.exists():
        return run.stem
    cfg = Config.fromfile(path, import_custom_modules=False)
    weighting = cfg.get('model', {}).get('loss_weighting') or {}
    return f'kappa = {weighting.get("kappa", DEFAULT_KAPPA):g}'


def read_run(run: Path) -> Run:
    """Read the logs and the config of a run."""
    logs = find_logs(run)
    records = read_scalars(logs)
    return Run(label_of(run, logs), records, names_of_tasks(records, run))


def positions(records: list[dict]) -> tuple[list[float], str]:
    """Where the records lie on the horizontal axis, and its label.

    An epoch has at least step / epoch iterations; the records that close an
    epoch have exactly as many.
    """
    steps = [record['step'] for record in records]
    if not all('epoch' in record for record in records):
        return steps, 'iteration'
    length = max(step / record['epoch']
                 for step, record in zip(steps, records))
    return [step / length for step in steps], 'epoch'


def draw(runs: Sequence[Run]) -> plt.Figure:
    """Figure with weights, shares and losses, one below the other, a column
    per run, the same scales and colours in all of them."""
    width = 8 if len(runs) == 1 else min(4 * len(runs), 20)
    figure, axes = plt.subplots(
        3,
        len(runs),
        figsize=(width, 8),
        sharex='col',
        sharey='row',
        squeeze=False,
        layout='constrained')
    tasks = list(dict.fromkeys(task for run in runs for task in run.tasks))
    colours = {task: f'C{i}' for i, task in enumerate(tasks)}
    for column, run in zip(axes.T, runs):
        draw_run(column, run, colours)
        if len(runs) > 1:
            column[0].set_title(run.label)
    names = ('weight', 'share of the total', 'raw loss')
    for axis, name in zip(axes[:, 0], names):
        axis.set_ylabel(name)
    title = 'Loss prioritization'
    if len(runs) == 1:
        title += f', {runs[0].label}'
    handles = [
        plt.Line2D([], [], color=colour, label=task)
        for task, colour in colours.items()
    ]
    figure.legend(
        handles=handles, title=title, loc='outside upper center', ncols=4)
    return figure


def draw_run(axes: Sequence[plt.Axes], run: Run,
             colours: dict[str, str]) -> None:
    """Weights, shares and losses of one run, from top to bottom."""
    x, label = positions(run.records)
    for task in run.tasks:
        for axis, key, style in ((axes[0], WEIGHT + task, 'steps-pre'),
                                 (axes[1], SHARE + task, 'steps-pre'),
                                 (axes[2], task + LOSS, 'default')):
            points = [(p, r[key]) for p, r in zip(x, run.records) if key in r]
            axis.plot(
                *(zip(*points) if points else ((), ())),
                color=colours[task],
                drawstyle=style,
                marker='.' if len(points) < 100 else None)
    axes[0].axhline(1, color='grey', linewidth=0.8, linestyle=':')
    axes[2].set_yscale('log')
    axes[2].yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes[2].yaxis.set_major_formatter('{x:g}')
    axes[2].yaxis.set_minor_formatter(ticker.NullFormatter())
    axes[2].set_xlabel(label)
    for axis in axes:
        axis.grid(alpha=0.3)


def main() -> None:
    args = parse_args()
    try:
        runs = [read_run(path) for path in args.runs]
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))
    if args.labels:
        runs = [
            run._replace(label=label)
            for run, label in zip(runs, args.labels)
        ]
    first = args.runs[0]
    folder = first.parent if first.is_file() else first
    out = args.out or folder / 'lps.png'
    out.parent.mkdir(parents=True, exist_ok=True)
    draw(runs).savefig(out, dpi=150)
    for path, run in zip(args.runs, runs):
        print(f'{path}: {run.label}, {len(run.records)} records, tasks '
              f'{", ".join(run.tasks)}')
    print(out)


if __name__ == '__main__':
    main()
