# Copyright (c) mtcp_mm authors. All rights reserved.
"""Test a model; its scores also go to metrics.json in the work dir.

    python tools/test.py configs/mtcp_demo.py work_dirs/mtcp_demo/epoch_8.pth
    python tools/test.py CONFIG CHECKPOINT --protocols all
    python tools/test.py CONFIG CHECKPOINT --tta --tta-scales 0.75 1 1.25
    bash tools/dist_test.sh CONFIG CHECKPOINT 8 --out predictions.pkl

metrics_meta.json beside it says under which protocol each score was taken,
on which data, and by which code; docs/protocols.md explains both. Large
images can be tested in windows, by model.test_cfg: docs/inference.md.
"""
import argparse
from pathlib import Path

from mmengine.config import Config
from mmengine.evaluator import DumpResults
from mmengine.registry import RUNNERS
from mmengine.runner import Runner

from mtcp_mm.cli.launch import (
    add_common_arguments,
    load_config,
    make_parser,
    require_file,
    run_tool,
)
from mtcp_mm.engine.runner import MultiTaskRunner
from mtcp_mm.engine.test_views import SCALES
from mtcp_mm.evaluation.metrics import ImageSizes
from mtcp_mm.evaluation.protocols import choose_protocols, parse_protocols
from mtcp_mm.evaluation.score_record import describe_run, write_json
from mtcp_mm.evaluation.score_table import score_table
from mtcp_mm.utils.errors import UsageError


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__, with_config=True)
    parser.add_argument('checkpoint', help='checkpoint file or URL')
    parser.add_argument(
        '--protocols',
        nargs='+',
        metavar='WORD',
        help="'all', or TASK=NAME,NAME,... such as depth=pooled,mtcp: score "
        'under these protocols (docs/protocols.md)')
    parser.add_argument(
        '--tta',
        action='store_true',
        help='test-time augmentation: average views of every image, at '
        'several sizes and mirrored (docs/inference.md)')
    parser.add_argument(
        '--tta-scales',
        nargs='+',
        type=float,
        metavar='FACTOR',
        help='sizes of the views with --tta, relative to the test image; 1 '
        f'only mirrors. Defaults to {" ".join(f"{s:g}" for s in SCALES)}, as '
        'far as the training had such zooms')
    parser.add_argument(
        '--out', metavar='FILE.pkl', help='dump all predictions here')
    parser.add_argument(
        '--show', action='store_true', help='show pictures in a window')
    parser.add_argument('--show-dir', help='write pictures to this folder')
    parser.add_argument(
        '--wait-time',
        type=float,
        default=2,
        help='seconds per picture with --show')
    add_common_arguments(parser)
    args = parser.parse_args()
    if args.out and not args.out.endswith(('.pkl', '.pickle')):
        parser.error(f'--out must end in .pkl, but is {args.out}')
    if args.tta_scales and not args.tta:
        parser.error('--tta-scales needs --tta')
    return args


def draw_pictures(cfg: Config, args: argparse.Namespace) -> None:
    """Turn the visualization hook on."""
    hook = cfg.get('default_hooks', {}).get('visualization')
    if hook is None or cfg.get('visualizer') is None:
        raise UsageError(
            f'--show and --show-dir need default_hooks.visualization and a '
            f'visualizer, and {args.config} lacks one of them. Inherit '
            'configs/_base_/default_runtime.py.')
    hook['draw'] = True
    hook.setdefault('interval', 1)  # who asks for pictures wants them all
    if args.show:
        hook.update(show=True, wait_time=args.wait_time)
    if args.show_dir and hook['type'].endswith('MultiTaskVisualizationHook'):
        hook['out_dir'] = args.show_dir
    elif args.show_dir:
        cfg.visualizer.save_dir = args.show_dir


def augment(runner: Runner, scales: list[float] | None) -> None:
    """Test several views of every image."""
    if not isinstance(runner, MultiTaskRunner):
        raise UsageError('--tta needs runner_type="mtcp_mm.MultiTaskRunner", '
                         f'but the config has {type(runner).__name__}.')
    if scales and runner.cfg.get('tta_pipeline'):
        raise UsageError('--tta-scales has no effect: the `tta_pipeline` of '
                         'the config has sizes of its own.')
    runner.augment_test(scales)


def main() -> None:
    args = parse_args()
    require_file(args.config, 'config')
    require_file(args.checkpoint, 'checkpoint')
    cfg = load_config(args)
    cfg.load_from = args.checkpoint
    cfg.resume = False
    if args.show or args.show_dir:
        draw_pictures(cfg, args)
    if args.protocols:
        try:
            choose_protocols(cfg, parse_protocols(args.protocols))
        except ValueError as error:
            raise UsageError(f'--protocols: {error}') from error
    cfg.setdefault('runner_type', 'mtcp_mm.MultiTaskRunner')
    runner = RUNNERS.build(cfg)
    if args.tta:
        augment(runner, args.tta_scales)
    metrics = runner.test_evaluator.metrics
    metrics.append(ImageSizes())
    if args.out:
        metrics.append(DumpResults(args.out))
    scores = {key: float(value) for key, value in runner.test().items()}
    runner.logger.info(f'Scores by protocol:\n{score_table(scores, metrics)}')
    file = Path(cfg.work_dir, 'metrics.json')
    write_json(file.with_name('metrics_meta.json'),
               describe_run(runner, args.checkpoint))
    write_json(file, scores)
    runner.logger.info(f'Scores written to {file}')


if __name__ == '__main__':
    run_tool(main)
