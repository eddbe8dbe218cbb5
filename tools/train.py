# Copyright (c) mtcp_mm authors. All rights reserved.
"""Train a model.

    python tools/train.py configs/mtcp_demo.py
    bash tools/dist_train.sh configs/mtcp_nyud.py 8 --amp --resume
"""
import argparse

import torch
from mmengine.config import Config
from mmengine.registry import RUNNERS

from mtcp_mm.checkpoints.resuming import newest_whole
from mtcp_mm.cli.launch import (
    add_common_arguments,
    load_config,
    make_parser,
    require_file,
    run_tool,
)
from mtcp_mm.records.environment import git_revision
from mtcp_mm.utils.errors import UsageError


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__, with_config=True)
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='CHECKPOINT',
        help='go on from this checkpoint, without a value from the newest '
        'whole one of the work dir, if there is any')
    parser.add_argument(
        '--amp', action='store_true', help='mixed precision; needs a GPU')
    add_common_arguments(parser)
    return parser.parse_args()


def use_amp(cfg: Config) -> None:
    """Switch the optimizer wrapper to mixed precision."""
    if not torch.cuda.is_available():
        raise UsageError('--amp needs a GPU and none is seen here: '
                         "mmengine's AmpOptimWrapper refuses a CPU.")
    kind = cfg.optim_wrapper.get('type', 'OptimWrapper')
    if kind not in ('OptimWrapper', 'AmpOptimWrapper'):
        raise UsageError(f'--amp replaces OptimWrapper, but {cfg.filename} '
                         f'has {kind}. Set its precision in the config.')
    cfg.optim_wrapper.type = 'AmpOptimWrapper'
    cfg.optim_wrapper.setdefault('loss_scale', 'dynamic')


def use_checkpoint(cfg: Config, resume: str) -> None:
    """Resume from a file, or from the newest whole one ('auto')."""
    if resume != 'auto':
        require_file(resume, 'checkpoint')
    elif (resume := newest_whole(cfg.work_dir)) is None:
        return  # a first start: keep the config's load_from
    cfg.load_from = resume
    cfg.resume = True


def main() -> None:
    args = parse_args()
    cfg = load_config(args)
    if args.amp:
        use_amp(cfg)
    if args.resume:
        use_checkpoint(cfg, args.resume)
    cfg.setdefault('git_revision', git_revision())  # for the report
    cfg.setdefault('runner_type', 'mtcp_mm.MultiTaskRunner')
    RUNNERS.build(cfg).train()


if __name__ == '__main__':
    run_tool(main)
