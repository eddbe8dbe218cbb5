# Copyright (c) mtcp_mm authors. All rights reserved.
"""Make a checkpoint ready for others: the model without its training.

    python tools/model_converters/publish_model.py \
        work_dirs/mtcp_nyud/epoch_100.pth mtcp_nyud.pth

It writes mtcp_nyud-<8 digits of its sha256>.pth with the weights and `meta`,
which holds the config and the classes. See docs/checkpoints.md.
"""
import argparse

from mtcp_mm.checkpoints.publish import publish
from mtcp_mm.cli.launch import (
    add_trust_checkpoint,
    make_parser,
    require_file,
    run_tool,
)


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument('checkpoint', help='checkpoint file or URL')
    parser.add_argument('out', help='name.pth of the file to write')
    parser.add_argument(
        '--half',
        action='store_true',
        help='store 16-bit floats, half the size')
    add_trust_checkpoint(parser)
    args = parser.parse_args()
    if not args.out.endswith('.pth'):
        parser.error(f'the file to write must end in .pth, but is {args.out}')
    return args


def main() -> None:
    args = parse_args()
    require_file(args.checkpoint, 'checkpoint')
    file, dropped = publish(args.checkpoint, args.out, args.half)
    print(f'wrote {file}\nleft out: {", ".join(dropped) or "nothing"}')
    if 'ema_state_dict' in dropped:
        print('These are the averaged weights of EMAHook. The weights that '
              'the optimizer moved, in ema_state_dict, are not in it.')


if __name__ == '__main__':
    run_tool(main)
