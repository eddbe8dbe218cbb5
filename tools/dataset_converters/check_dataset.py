# Copyright (c) mtcp_mm authors. All rights reserved.
"""Check a data set before it costs a night of training.

    python tools/dataset_converters/check_dataset.py data/NYUD_MT --type nyud
    python tools/dataset_converters/check_dataset.py data/PASCAL_MT \
        --type pascal --fast 200 --tasks semseg human_parts saliency
    python tools/dataset_converters/check_dataset.py data/cityscapes \
        --type cityscapes

Tells which of the known archives it is, what images and labels hold, and what
is wrong: ids without a file, ids in both lists, files that cannot be read or
have another size than their image, labels out of range, depth that is not in
metres. Exit code: 0 no fault, 1 faults, 2 wrong usage.
"""
import argparse
import os
from collections import Counter

from rich.console import Console
from rich.progress import track

from mtcp_mm.cli.launch import make_parser, run_tool
from mtcp_mm.preparation.checking import (
    KINDS,
    Report,
    Tally,
    check_dataset,
    list_faults,
)


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument('root', help='folder of the data set')
    parser.add_argument('--type', required=True, choices=list(KINDS))
    parser.add_argument(
        '--fast',
        type=int,
        metavar='N',
        help='read N images and their labels, spread over the lists, '
        'instead of all')
    parser.add_argument(
        '--tasks',
        nargs='+',
        metavar='TASK',
        help='it is a fault if there are no labels at all of these')
    parser.add_argument(
        '--processes',
        type=int,
        default=min(8, os.cpu_count() or 1),
        help='processes that read files (default: %(default)s)')
    args = parser.parse_args()
    for name in ('fast', 'processes'):
        value = getattr(args, name)
        if value is not None and value < 1:
            parser.error(f'--{name} must be at least 1, but is {value}')
    return args


def most_common(counter: Counter, write) -> str:
    """The most common value, and how many others there are."""
    (value, _), *others = counter.most_common()
    return write(value) + (f' +{len(others)}' if others else '')


def describe(name: str, tally: Tally) -> list[str]:
    """One row of the table."""
    labels = f'{100 * tally.labelled / tally.pixels:.1f} %' if (
        tally.pixels) else ''
    if tally.classes:
        labels += f', {len(tally.classes)} classes'
    return [
        name,
        str(tally.files),
        most_common(tally.dtypes, str),
        most_common(tally.sizes, lambda size: f'{size[0]}x{size[1]}'),
        f'{tally.low:.4g} .. {tally.high:.4g}', labels
    ]


def table(report: Report) -> str:
    """What images and labels hold."""
    rows = [['', 'files', 'type', 'height x width', 'values', 'labelled']]
    rows += [describe(*item) for item in report.tallies.items()]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return '\n'.join('  '.join(
        cell.ljust(w) for cell, w in zip(row, widths)).rstrip()
                     for row in rows)


def main() -> int:
    """Run; returns the exit code."""
    args = parse_args()

    def progress(results, total):
        return track(
            results, 'Reading', total=total, console=Console(stderr=True))

    report = check_dataset(args.root, args.type, args.fast, args.tasks,
                           args.processes, progress)
    print(f'{args.root} is {report.archive}\n')
    if report.tallies:
        print(f'{report.checked} images were read.\n{table(report)}\n')
    for remark in report.remarks:
        print(f'Remark: {remark}')
    if not report.faults:
        print('No faults.')
        return 0
    count = len(report.faults)
    print(f'{count} fault{"s" * (count > 1)}:\n{list_faults(report.faults)}')
    return 1


if __name__ == '__main__':
    run_tool(main)
