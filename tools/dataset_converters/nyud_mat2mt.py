# Copyright (c) mtcp_mm authors. All rights reserved.
"""Convert nyu_depth_v2_labeled.mat to the layout of the archive NYUD_MT.

    python tools/dataset_converters/nyud_mat2mt.py \
        nyu_depth_v2_labeled.mat data/NYUD_from_mat --workers 4

OUT/ then has images, 40 classes, depth, the official split (795 / 654), and
normals and edges that are NOT those of NYUD_MT: normals are computed from
depth, edges are boundaries of labels. Scores on these two cannot be compared
to published ones. See docs/nyud_from_mat.md. Needs h5py and 9 GB of disk; OUT
appears when all of it is written.
"""
import argparse

from rich.console import Console
from rich.progress import track

from mtcp_mm.cli.launch import make_parser, run_tool
from mtcp_mm.preparation.nyud_mat import convert


def parse_args(argv=None) -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument('source', metavar='MAT', help='the labelled file')
    parser.add_argument('out', metavar='OUT', help='folder to create')
    parser.add_argument(
        '--mapping',
        metavar='MAT',
        help='classMapping40.mat (default: the table of mtcp_mm)')
    parser.add_argument(
        '--splits',
        metavar='MAT',
        help='splits.mat (default: the table of mtcp_mm)')
    parser.add_argument(
        '--depth',
        choices=['depths', 'rawDepths'],
        default='depths',
        help='depths: holes filled in by the authors of the data; rawDepths: '
        'only what was measured (default: %(default)s)')
    parser.add_argument(
        '--workers',
        type=int,
        default=1,
        metavar='N',
        help='processes, each needs about 0.4 GB (default: %(default)s)')
    parser.add_argument(
        '--overwrite',
        action='store_true',
        help='replace an earlier conversion')
    args = parser.parse_args(argv)
    if args.workers < 1:
        parser.error(f'--workers must be at least 1, but is {args.workers}')
    return args


def main(argv=None) -> None:
    args = parse_args(argv)

    def progress(results, total):
        return track(
            results, 'Converting', total=total, console=Console(stderr=True))

    about = convert(progress=progress, **vars(args))
    print(f'{args.out}: {about["images"]} images. Normals are computed from '
          'depth and edges from labels: see its README.md before you compare '
          'scores.')


if __name__ == '__main__':
    run_tool(main)
