# Copyright (c) mtcp_mm authors. All rights reserved.
"""Load a checkpoint as a config does, and tell what came of it.

    python tools/model_converters/check_checkpoint.py configs/mtcp_nyud.py
    python tools/model_converters/check_checkpoint.py configs/mtcp_nyud.py \
        my_mask2former.pth --keys
    python tools/model_converters/check_checkpoint.py configs/mtcp_demo.py \
        work_dirs/mtcp_demo/epoch_8.pth --whole

The first reads the files that the config names for parts of the model, the
second another file in place of all of them. The third asks whether a file is
one of this very model, for tools/test.py or `load_from`. Nothing is trained
or written. The exit code is 2 if a file does not fit. See docs/checkpoints.md.
"""
from mmengine.logging import MMLogger

from mtcp_mm.checkpoints.loading import pretrained_cfgs
from mtcp_mm.checkpoints.whole import load_into
from mtcp_mm.cli.launch import (
    add_trust_checkpoint,
    make_parser,
    read_config,
    run_tool,
)
from mtcp_mm.registry import MODELS


def parse_args():
    parser = make_parser(__doc__, with_config=True)
    parser.add_argument(
        'checkpoint',
        nargs='?',
        help='file or URL to read in place of those of the config')
    parser.add_argument(
        '--whole',
        action='store_true',
        help='the file is a checkpoint of this very model')
    parser.add_argument(
        '--keys', action='store_true', help='name every key, one a line')
    add_trust_checkpoint(parser)
    args = parser.parse_args()
    if args.whole and not args.checkpoint:
        parser.error('--whole needs a checkpoint')
    return args


def main():
    args = parse_args()
    cfg = read_config(args)
    # mmengine tells of every parameter and of every key that it ignores
    MMLogger.get_instance('check_checkpoint', log_level='ERROR')
    model = MODELS.build(cfg.model)
    if args.whole:
        report = load_into(
            model,
            args.checkpoint,
            allow_partial=cfg.get('allow_partial', ()))
    else:
        for module in model.modules():
            for entry in pretrained_cfgs(module):
                entry['checkpoint'] = args.checkpoint or entry['checkpoint']
        model.init_weights()
        report = model.loading_report
    if report is None:
        print(f'{args.config} names no checkpoint: no part of its model has '
              "an init_cfg=dict(type='Pretrained', checkpoint=...). A "
              'checkpoint of the whole model is checked with --whole.')
    else:
        print(report.text(args.keys))


if __name__ == '__main__':
    run_tool(main)
