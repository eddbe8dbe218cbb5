# Copyright (c) mtcp_mm authors. All rights reserved.
"""Load the checkpoints of a config and tell what came of it.

    python tools/model_converters/check_checkpoint.py configs/mtcp_nyud.py
    python tools/model_converters/check_checkpoint.py configs/mtcp_nyud.py \
        my_mask2former.pth --keys

The first reads the files that the config names, the second another file in
place of all of them. Nothing is trained or written. The exit code is 1 if a
file does not fit. See docs/checkpoints.md.
"""
import argparse
import sys

from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.checkpoints.loading import pretrained_cfgs
from mtcp_mm.cli.launch import add_cfg_options, read_config, run_tool
from mtcp_mm.registry import MODELS


def parse_args():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config file')
    parser.add_argument(
        'checkpoint',
        nargs='?',
        help='file or URL to read in place of those of the config')
    parser.add_argument(
        '--keys', action='store_true', help='name every key, one a line')
    add_cfg_options(parser)
    return parser.parse_args()


def main():
    args = parse_args()
    cfg = read_config(args)
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    # mmengine tells of every parameter and of every key that it ignores
    MMLogger.get_instance('check_checkpoint', log_level='ERROR')
    model = MODELS.build(cfg.model)
    if args.checkpoint:
        for module in model.modules():
            for entry in pretrained_cfgs(module):
                entry['checkpoint'] = args.checkpoint
    try:
        model.init_weights()
    except CheckpointError as error:
        sys.exit(str(error))
    if model.loading_report is None:
        print(f'{args.config} names no checkpoint: no part of its model has '
              "an init_cfg=dict(type='Pretrained', checkpoint=...).")
    else:
        print(model.loading_report.text(args.keys))


if __name__ == '__main__':
    run_tool(main)
