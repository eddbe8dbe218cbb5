# Copyright (c) mtcp_mm authors. All rights reserved.
"""Make a tiny driving data set: streets of boxes with exact labels.

    python tools/dataset_converters/make_driving_data.py data/tiny_cityscapes \
        --type cityscapes

Folders, names and file formats are those of the real set, for a try before
the download, and for tests; docs/driving_data.md lists them. Pictures have
the real aspect, an eighth of the size. The same parameters always give the
same data.
"""
import os
import sys
import time

from mtcp_mm.cli.launch import make_parser, run_tool
from mtcp_mm.preparation.street_scenes import FORMATS, write_driving


def parse_args(argv=None):
    parser = make_parser(__doc__)
    parser.add_argument('out', metavar='OUT', help='folder to create')
    parser.add_argument('--type', required=True, choices=list(FORMATS),
                        dest='kind')
    parser.add_argument('--num-train', type=int, default=8, metavar='N',
                        help='training images, at least 4 '
                        '(default: %(default)s)')
    parser.add_argument('--num-val', type=int, default=2, metavar='N',
                        help='validation images (default: %(default)s)')
    parser.add_argument('--scale', type=int, default=8, metavar='N',
                        help='divide the sides of the real files by this '
                        '(default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0,
                        help='another seed, other streets (default: 0)')
    parser.add_argument('--force', action='store_true',
                        help='replace what this tool wrote to OUT before')
    return parser.parse_args(argv)


def main(argv=None):
    args = parse_args(argv)
    start = time.perf_counter()

    def progress(done):
        if sys.stdout.isatty():
            print(f'\r{done} images', end='', flush=True)

    count = write_driving(progress=progress, **vars(args))
    print(f'\r{os.path.realpath(args.out)}: {count} images in the format of '
          f'{args.kind}, {time.perf_counter() - start:.1f} s')


if __name__ == '__main__':
    run_tool(main)
