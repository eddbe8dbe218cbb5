# Copyright (c) mtcp_mm authors. All rights reserved.
"""Make a data set of synthetic rooms: images, classes, depth, normals, edges.

    python tools/dataset_converters/make_demo_data.py data/demo

OUT/ then has the layout of the NYUD_MT archive:
    images/ID.jpg          uint8 RGB                          (v2: .png)
    segmentation/ID.png    uint8, NYU-40 ids 1..40, 0 = void (15 classes occur)
    depth/ID.npy           float32, metres along the optical axis
    normals/ID.npy         float32 HxWx3 unit vectors, x right, y down,
                           z away from the camera, facing the camera
                           (v2: .png, uint8, n = 2 * v / 255 - 1)
    edge/ID.npy            float32 0/1, class boundaries
                           (v2: .png, uint8 0/255)
    gt_sets/{train,val}.txt   IDs; the rooms of val are not in train
    demo.json              the parameters below

The same parameters always give the same data, whatever --workers is. If OUT
holds just these data, nothing is done.
"""
import os
import sys
import time

from mtcp_mm.cli.launch import make_parser, run_tool
from mtcp_mm.preparation.demo_scenes import CLASSES, write_demo


def parse_args(argv=None):
    parser = make_parser(__doc__)
    parser.add_argument('out', metavar='OUT', help='folder to create')
    parser.add_argument('--num-train', type=int, default=240, metavar='N',
                        help='training images (default: %(default)s)')
    parser.add_argument('--num-val', type=int, default=60, metavar='N',
                        help='validation images (default: %(default)s)')
    parser.add_argument('--size', type=int, nargs=2, default=(120, 160),
                        metavar=('H', 'W'),
                        help='height and width in pixels (default: 120 160)')
    parser.add_argument('--seed', type=int, default=0,
                        help='another seed, other rooms (default: 0)')
    parser.add_argument('--layout', choices=('mt', 'v2'), default='mt',
                        help='file formats, see above (default: mt)')
    parser.add_argument('--workers', type=int, default=2, metavar='N',
                        help='processes (default: %(default)s)')
    parser.add_argument('--force', action='store_true',
                        help='delete what OUT holds, then write')
    return parser.parse_args(argv)


def main(argv=None):
    args = parse_args(argv)
    total = args.num_train + args.num_val
    out = os.path.realpath(args.out)
    start = time.perf_counter()

    def progress(done):
        if sys.stdout.isatty():
            print(f'\r{done} / {total} images', end='\n' * (done == total),
                  flush=True)

    print(f'{out}: {args.num_train} train + {args.num_val} val images of '
          f'{args.size[0]} x {args.size[1]}, {len(CLASSES)} classes, seed '
          f'{args.seed}, layout {args.layout}')
    if write_demo(progress=progress, **vars(args)):
        print(f'Done in {time.perf_counter() - start:.1f} s.')
    else:
        print('It is there already: nothing to do.')


if __name__ == '__main__':
    run_tool(main)
