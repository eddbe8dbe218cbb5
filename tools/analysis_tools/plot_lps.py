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
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from mmengine.config import Config

from mtcp_mm.cli.launch import make_parser, run_tool
from mtcp_mm.records.logs import RunLog, log_files, read_log

WEIGHT, SHARE, LOSS = 'lps_weight_', 'lps_share_', '.loss'
DEFAULT_KAPPA = 2.5  # of LPSWeighting


class Run(NamedTuple):
    """What is drawn of a run.

    Attributes:
        label (str): Title of its column.
        log (RunLog): What it logged.
        tasks (list[str]): Tasks with weights.
    """
    label: str
    log: RunLog
    tasks: list[str]


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__)
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


def label_of(run: Path) -> str:
    """'kappa = 2.5' if the config of the last log tells, else the name."""
    path = log_files(run)[-1].with_name('config.py')
    if not path.exists():
        return run.stem
    cfg = Config.fromfile(path, import_custom_modules=False)
    weighting = cfg.get('model', {}).get('loss_weighting') or {}
    return f'kappa = {weighting.get("kappa", DEFAULT_KAPPA):g}'


def read_run(run: Path, label: str | None = None) -> Run:
    """Read the logs of a run, and its config if it has no label.

    Raises:
        FileNotFoundError: There is no log.
        ValueError: No weight was logged.
    """
    log = read_log(run)
    tasks = [key[len(WEIGHT):] for key in log.keys([f'{WEIGHT}*'])]
    if not tasks:
        raise ValueError(
            f'The log of {run} has no {WEIGHT}<task>, but '
            f'{", ".join(log.keys()) or "no training step"}. Did the run have '
            "`custom_hooks = [dict(type='mtcp_mm.LPSHook')]`?")
    return Run(label or label_of(run), log, tasks)


def draw(runs: Sequence[Run]) -> Figure:
    """Figure with weights, shares and losses, one below the other, a column
    per run, the same scales and colours in all of them."""
    width = 8 if len(runs) == 1 else min(4 * len(runs), 20)
    figure = Figure((width, 8), layout='constrained')
    axes = figure.subplots(
        3, len(runs), sharex='col', sharey='row', squeeze=False)
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
        Line2D([], [], color=colour, label=task)
        for task, colour in colours.items()
    ]
    figure.legend(
        handles=handles, title=title, loc='outside upper center', ncols=4)
    return figure


def draw_run(axes: Sequence[Axes], run: Run,
             colours: dict[str, str]) -> None:
    """Weights, shares and losses of one run, from top to bottom."""
    for task in run.tasks:
        for axis, key, style in ((axes[0], WEIGHT + task, 'steps-pre'),
                                 (axes[1], SHARE + task, 'steps-pre'),
                                 (axes[2], task + LOSS, 'default')):
            x, y = run.log.points(key)
            axis.plot(
                x,
                y,
                color=colours[task],
                drawstyle=style,
                marker='.' if len(x) < 100 else None)
    axes[0].axhline(1, color='grey', linewidth=0.8, linestyle=':')
    axes[2].set_yscale('log')
    axes[2].yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes[2].yaxis.set_major_formatter('{x:g}')
    axes[2].yaxis.set_minor_formatter(ticker.NullFormatter())
    axes[2].set_xlabel(run.log.unit)
    for axis in axes:
        axis.grid(alpha=0.3)


def main() -> None:
    args = parse_args()
    runs = list(map(read_run, args.runs, args.labels or [None] *
                    len(args.runs)))
    first = args.runs[0]
    folder = first.parent if first.is_file() else first
    out = args.out or folder / 'lps.png'
    out.parent.mkdir(parents=True, exist_ok=True)
    draw(runs).savefig(out, dpi=150)
    for path, run in zip(args.runs, runs):
        print(f'{path}: {run.label}, {len(run.log.train)} records, tasks '
              f'{", ".join(run.tasks)}')
    print(out)


if __name__ == '__main__':
    run_tool(main)
