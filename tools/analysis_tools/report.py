# Copyright (c) mtcp_mm authors. All rights reserved.
"""One report on one or several runs: scores, curves, pictures, costs.

    python tools/analysis_tools/report.py work_dirs/mtcp_demo
    python tools/analysis_tools/report.py work_dirs/a work_dirs/b \
        --out compare --published nyud

Writes report.html (one file, opens offline), report.md, results.csv and
results.tex. Scores come from metrics.json; pictures, scores per class and
per image and the time per image from one pass of the checkpoint over the
test data, which is kept in WORK_DIR/report_data for the next report.
"""
import argparse
from pathlib import Path

from mtcp_mm.cli.launch import (
    add_cfg_options,
    add_trust_checkpoint,
    device_name,
    make_parser,
    require_file,
    run_tool,
)
from mtcp_mm.report.collect import collect
from mtcp_mm.report.published import NAMES
from mtcp_mm.report.write import write_report


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument(
        'work_dirs', nargs='+', metavar='WORK_DIR', help='folders of runs')
    parser.add_argument(
        '--out', metavar='DIR', help='default: WORK_DIR/report of the first')
    parser.add_argument(
        '--published',
        choices=NAMES,
        help="show Table 1 (nyud) or 2 (pascal) of MT-CP's paper beside them")
    parser.add_argument(
        '--checkpoint',
        nargs='+',
        metavar='FILE',
        help='weights to evaluate, one per WORK_DIR; default: the last ones')
    parser.add_argument(
        '--no-eval',
        action='store_true',
        help='run no model: take what earlier reports left')
    parser.add_argument(
        '--num-images',
        type=int,
        default=3,
        help='worst and best images per task, of each')
    parser.add_argument(
        '--device', type=device_name, help='default: cuda or cpu')
    parser.add_argument('--title', help='title of the report')
    add_cfg_options(parser)
    add_trust_checkpoint(parser)
    args = parser.parse_args()
    if args.checkpoint and len(args.checkpoint) != len(args.work_dirs):
        parser.error(f'--checkpoint names {len(args.checkpoint)} files for '
                     f'{len(args.work_dirs)} work dirs; name one for each')
    if args.num_images < 0:
        parser.error('--num-images must be 0 or more')
    return args


def main() -> None:
    args = parse_args()
    for file in args.checkpoint or ():
        require_file(file, 'checkpoint')
    runs = [
        collect(
            work_dir,
            checkpoint,
            with_evaluation=not args.no_eval,
            num_images=args.num_images,
            device=args.device,
            cfg_options=args.cfg_options) for work_dir, checkpoint in zip(
                args.work_dirs, args.checkpoint or [None] *
                len(args.work_dirs))
    ]
    out = Path(args.out or Path(args.work_dirs[0], 'report'))
    files = write_report(runs, out, args.published, args.title)
    for run in runs:
        for part, reason in run.absent.items():
            print(f'report: {run.name} lacks {part}: {reason}')
    print('\n'.join(f'report: {file}' for file in files))


if __name__ == '__main__':
    run_tool(main)
