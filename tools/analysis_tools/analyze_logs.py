# Copyright (c) mtcp_mm authors. All rights reserved.
"""Curves and times of one or several trainings, for keys of many tasks.

    python tools/analysis_tools/analyze_logs.py plot_curve work_dirs/a \
        work_dirs/b --keys '*.loss' 'depth/*' --out curves.png
    python tools/analysis_tools/analyze_logs.py cal_train_time work_dirs/a

A log is a work directory (with all its resumed parts) or a scalars.json.
Keys may hold the wildcards * and ?; quote them.
"""
import argparse
import statistics
from pathlib import Path

from matplotlib.figure import Figure

from mtcp_mm.cli.launch import make_parser, run_tool
from mtcp_mm.records.logs import RunLog, read_log
from mtcp_mm.utils.errors import UsageError


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__)
    tasks = parser.add_subparsers(dest='command', required=True)
    curve = tasks.add_parser(
        'plot_curve', help='draw values over epochs or iterations')
    curve.add_argument(
        '--keys',
        nargs='+',
        default=['*.loss'],
        metavar='KEY',
        help="such as '*.loss', semseg/mIoU, 'lps_weight_*'")
    curve.add_argument('--out', type=Path, required=True, metavar='FILE',
                       help='picture: .png, .pdf, .svg, ...')
    curve.add_argument('--title', help='title of the figure')
    curve.add_argument('--log-scale', action='store_true')
    curve.add_argument(
        '--together',
        action='store_true',
        help='one chart for all keys; by default each key has its own')
    time = tasks.add_parser(
        'cal_train_time', help='seconds per iteration, of every epoch')
    time.add_argument(
        '--include-outliers',
        action='store_true',
        help='count the first record of every epoch too, which is slow')
    for command in (curve, time):
        command.add_argument(
            'logs', nargs='+', metavar='LOG',
            help='work directory or scalars.json')
        command.add_argument(
            '--legend', nargs='+', metavar='NAME',
            help='names of the logs; by default those of their folders')
    args = parser.parse_args()
    if args.legend and len(args.legend) != len(args.logs):
        parser.error(f'--legend has {len(args.legend)} names for '
                     f'{len(args.logs)} logs')
    return args


def choose_keys(logs: list[RunLog], patterns: list[str]) -> list[str]:
    """Keys of any log that match.

    Raises:
        UsageError: A pattern matches nothing.
    """
    for pattern in patterns:
        if not any(log.keys([pattern]) for log in logs):
            known = dict.fromkeys(k for log in logs for k in log.keys())
            raise UsageError(f'no log has a key {pattern!r}; they have '
                             f'{", ".join(known) or "no records"}.')
    return list(dict.fromkeys(k for log in logs for k in log.keys(patterns)))


def plot(logs: dict[str, RunLog], keys: list[str], together: bool,
         log_scale: bool, title: str | None) -> Figure:
    """Figure with a chart per key, or one for all."""
    groups = [keys] if together else [[key] for key in keys]
    columns = min(3, len(groups))
    rows = -(-len(groups) // columns)
    figure = Figure((5 * columns, 3.4 * rows), layout='constrained')
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis, group in zip(axes.flat, groups):
        for name, log in logs.items():
            for key in group:
                x, y = log.points(key)
                if x:
                    label = [name] * (len(logs) > 1) + [key] * together
                    axis.plot(x, y, marker='.' if len(x) < 60 else None,
                              label=', '.join(label))
        axis.set_title('' if together else group[0])
        axis.set_xlabel(next(iter(logs.values())).unit)
        axis.grid(alpha=0.3)
        if log_scale:
            axis.set_yscale('log')
        if axis.get_legend_handles_labels()[1] and (together or len(logs) > 1):
            axis.legend(fontsize='small')
    for axis in axes.flat[len(groups):]:
        axis.set_axis_off()
    if title:
        figure.suptitle(title)
    return figure


def train_times(log: RunLog, include_outliers: bool) -> dict[float, float]:
    """Mean seconds per iteration of every epoch.

    Args:
        log (RunLog): Its records hold ``time``, a mean over some iterations.
        include_outliers (bool): Count the first record of every epoch.
    """
    epochs: dict[float, list[float]] = {}
    for record in log.train:
        if 'time' in record:
            epochs.setdefault(record.get('epoch', 1), []).append(
                record['time'])
    if not include_outliers:
        epochs = {e: t[1:] or t for e, t in epochs.items()}
    return {e: sum(t) / len(t) for e, t in epochs.items()}


def describe_times(name: str, times: dict[float, float]) -> str:
    """Lines on one log."""
    if not times:
        raise UsageError(f'{name} holds no training record with a `time`.')
    slow = max(times, key=times.get)
    fast = min(times, key=times.get)
    spread = statistics.pstdev(times.values())
    return '\n'.join([
        f'-----{name}-----',
        f'slowest epoch {slow}: {times[slow]:.4f} s/iter',
        f'fastest epoch {fast}: {times[fast]:.4f} s/iter',
        f'deviation over epochs: {spread:.4f} s/iter',
        f'mean: {statistics.fmean(times.values()):.4f} s/iter', ''
    ])


def main() -> None:
    args = parse_args()
    names = args.legend or [Path(log).resolve().name if Path(log).is_dir()
                            else log for log in args.logs]
    logs = [read_log(log) for log in args.logs]
    if args.command == 'cal_train_time':
        for name, log in zip(names, logs):
            print(describe_times(name, train_times(log,
                                                   args.include_outliers)))
        return
    keys = choose_keys(logs, args.keys)
    if len(set(names)) < len(names):
        names = list(map(str, args.logs))
    figure = plot(dict(zip(names, logs)), keys, args.together, args.log_scale,
                  args.title)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(args.out, dpi=120)
    print(f'{args.out}: {", ".join(keys)}')


if __name__ == '__main__':
    run_tool(main)
