# Copyright (c) mtcp_mm authors. All rights reserved.
"""Predict every task for an image, or for the images of a folder.

    python demo/image_demo.py photos --out-dir out
    python demo/image_demo.py photos configs/mtcp_replica.py \
        work_dirs/mtcp_replica/epoch_14.pth --out-dir out --batch-size 4

Without config and checkpoint a small model is asked that comes along. It knows
rooms, from rendered ones; docs/rooms.md says how well.

OUT/panels/<name>.jpg        image and predictions side by side
OUT/predictions/<name>.npz   an array per task
OUT/depth/<name>.png         16 bit, millimetres

A broken image does not stop the others: it is named at the end, and the exit
code is 1. docs/inference.md describes the files.
"""
import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import track

from mtcp_mm.apis import PACKAGED_WEIGHTS, MultiTaskInferencer
from mtcp_mm.cli.launch import (
    add_cfg_options,
    add_trust_checkpoint,
    device_name,
    make_parser,
    read_config,
    require_file,
    run_tool,
)
from mtcp_mm.utils.errors import UsageError


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser(__doc__)
    parser.add_argument('images', help='image, folder of images, or URL')
    parser.add_argument(
        'config', nargs='?', help='config file; default: the small model')
    parser.add_argument(
        'checkpoint', nargs='?', help='checkpoint file or URL')
    parser.add_argument(
        '--out-dir', required=True, type=Path, help='folder of the results')
    parser.add_argument(
        '--device',
        type=device_name,
        help="'cpu', 'cuda:1', ...; a GPU by default, if seen")
    parser.add_argument(
        '--batch-size', type=int, default=1, help='images at once')
    parser.add_argument(
        '--max-side',
        type=int,
        default=2048,
        help='larger images are shrunk to this many pixels, their '
        'predictions too; 0: never (default: %(default)s)')
    parser.add_argument(
        '--panels',
        choices=['jpg', 'png', 'none'],
        default='jpg',
        help='format of the pictures (default: %(default)s)')
    add_cfg_options(parser)
    add_trust_checkpoint(parser)
    args = parser.parse_args()
    if args.config and not args.checkpoint:
        parser.error(f'there is no checkpoint for {args.config}: give both, '
                     'or neither for the small model that comes along')
    if args.cfg_options and not args.config:
        parser.error('--cfg-options changes a config: give it, and its '
                     'checkpoint')
    for name, least in (('batch_size', 1), ('max_side', 0)):
        if getattr(args, name) < least:
            option = '--' + name.replace('_', '-')
            parser.error(f'{option} must be at least {least}, but is '
                         f'{getattr(args, name)}')
    return args


def main() -> int:
    """Run; returns the exit code."""
    args = parse_args()
    cfg, checkpoint = None, PACKAGED_WEIGHTS
    if args.config:
        require_file(args.config, 'config')
        require_file(args.checkpoint, 'checkpoint')
        cfg, checkpoint = read_config(args), args.checkpoint
    if '://' not in args.images and not Path(args.images).exists():
        raise UsageError(f'{args.images} does not exist.')
    try:
        inputs = MultiTaskInferencer.list_inputs(args.images)
    except FileNotFoundError as error:
        raise UsageError(str(error)) from None
    if cfg is None:
        print(f'Model: {checkpoint.name}, for rooms (docs/rooms.md).')
    try:
        inferencer = MultiTaskInferencer(
            cfg, checkpoint, args.device, max_side=args.max_side or None)
    except ValueError as error:  # e.g. the checkpoint of another model
        raise UsageError(str(error)) from error
    broken, shrunk = [], 0
    for result in track(
            inferencer.iterate(inputs, args.batch_size, on_error='keep'),
            'Predicting',
            total=len(inputs),
            console=Console(stderr=True)):
        if result.error is not None:
            broken.append(result.error)
            continue
        shrunk += result.image.shape[:2] != result.original_size
        panel = None
        if args.panels != 'none':
            panel, = inferencer.visualize([result])
        result.save(inferencer.model.tasks, args.out_dir, panel,
                    f'.{args.panels}')
    if shrunk:
        print(f'{shrunk} images were shrunk to --max-side {args.max_side}.')
    print(f'{len(inputs) - len(broken)} of {len(inputs)} images predicted: '
          f'{args.out_dir}')
    for error in broken:
        print(f'image_demo.py: error: {error}', file=sys.stderr)
    return 1 if broken else 0


if __name__ == '__main__':
    run_tool(main)
