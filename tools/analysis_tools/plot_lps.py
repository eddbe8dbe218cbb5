# Copyright (c) mtcp_mm authors. All rights reserved.
"""Draw what the loss prioritization scheme (LPS) did in a run.

    python tools/analysis_tools/plot_lps.py work_dirs/mtcp_nyud --out lps.png

Weights and shares as logged by LPSHook, above the raw losses of the tasks.
"""
import argparse
import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt  # noqa: E402

WEIGHT, SHARE, LOSS = 'lps_weight_', 'lps_share_', '.loss'


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('work_dir', type=Path, help='folder of the run')
    parser.add_argument(
        '--out', type=Path, help='picture to write (WORK_DIR/lps.png)')
    parser.add_argument(
        '--kappa-label', help='value of kappa, for the title; e.g. 2.5')
    return parser.parse_args()


def read_scalars(work_dir: Path) -> list[dict]:
    """Training records of a run, in the order of their steps.

    A resumed run goes on in a folder of its own; from its first step on, it
    replaces what earlier folders tell.

    Args:
        work_dir (Path): Holds ``<timestamp>/vis_data/scalars.json``.

    Returns:
        list[dict]: One record per logged training step.

    Raises:
        FileNotFoundError: There is no such file.
    """
    paths = sorted(
        work_dir.rglob('vis_data/scalars.json'),
        key=lambda path: path.resolve().parts[-3])
    if not paths:
        raise FileNotFoundError(
            f'No vis_data/scalars.json below {work_dir}. Is it the work '
            "directory of a run with `dict(type='LocalVisBackend')` in the "
            "visualizer's `vis_backends`?")
    records = []
    for path in paths:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        lines = [line for line in lines if 'loss' in line]  # not validation
        if lines:
            first = lines[0]['step']
            records = [r for r in records if r['step'] < first] + lines
    return records


def names_of_tasks(records: list[dict], work_dir: Path) -> list[str]:
    """Tasks in the order in which their weights were logged.

    Raises:
        ValueError: No weight was logged.
    """
    keys = {key: None for record in records for key in record}
    tasks = [key[len(WEIGHT):] for key in keys if key.startswith(WEIGHT)]
    if not tasks:
        raise ValueError(
            f'The log of {work_dir} has no {WEIGHT}<task>, but '
            f'{", ".join(keys) or "no training step"}. Did the run have '
            "`custom_hooks = [dict(type='mtcp_mm.LPSHook')]`?")
    return tasks


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


def draw(records: list[dict], tasks: list[str],
         kappa: str | None = None) -> plt.Figure:
    """Figure with weights, shares and losses, one below the other."""
    x, label = positions(records)
    figure, axes = plt.subplots(
        3, 1, figsize=(8, 8), sharex=True, layout='constrained')
    for task in tasks:
        for axis, key, style in ((axes[0], WEIGHT + task, 'steps-pre'),
                                 (axes[1], SHARE + task, 'steps-pre'),
                                 (axes[2], task + LOSS, 'default')):
            points = [(p, r[key]) for p, r in zip(x, records) if key in r]
            axis.plot(
                *(zip(*points) if points else ((), ())),
                drawstyle=style,
                marker='.' if len(points) < 100 else None,
                label=task)
    axes[0].axhline(1, color='grey', linewidth=0.8, linestyle=':')
    axes[2].set_yscale('log')
    axes[2].set_xlabel(label)
    for axis, name in zip(axes, ('weight', 'share of the total', 'raw loss')):
        axis.set_ylabel(name)
        axis.grid(alpha=0.3)
    title = 'Loss prioritization' + (f', kappa = {kappa}' if kappa else '')
    lines, labels = axes[2].get_legend_handles_labels()
    figure.legend(
        lines, labels, title=title, loc='outside upper center', ncols=4)
    return figure


def main() -> None:
    args = parse_args()
    try:
        records = read_scalars(args.work_dir)
        tasks = names_of_tasks(records, args.work_dir)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(str(error))
    out = args.out or args.work_dir / 'lps.png'
    out.parent.mkdir(parents=True, exist_ok=True)
    draw(records, tasks, args.kappa_label).savefig(out, dpi=150)
    print(f'{out}: {len(records)} records, tasks {", ".join(tasks)}')


if __name__ == '__main__':
    main()
