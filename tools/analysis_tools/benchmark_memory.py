# Copyright (c) mtcp_mm authors. All rights reserved.
"""Peak memory and time of one training or test iteration of a config.

    python tools/analysis_tools/benchmark_memory.py configs/mtcp_nyud.py \
        --mode train --size 480 640 --batch-size 1

The batch is random, nothing is downloaded. On the CPU the figure is the peak
resident set of the process (`ru_maxrss`), so run one mode per process; on a
GPU it is what the allocator of torch held at most.
"""
import json
import resource
import time
from pathlib import Path

import torch
from mmengine.optim import build_optim_wrapper
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mtcp_mm.checkpoints.config import without_checkpoints
from mtcp_mm.cli.launch import (
    device_name,
    make_parser,
    read_config,
    run_tool,
)
from mtcp_mm.registry import MODELS
from mtcp_mm.report.complexity import describe_device, input_shape
from mtcp_mm.utils.files import write_atomically


def parse_args():
    parser = make_parser(__doc__, with_config=True)
    parser.add_argument('--mode', choices=('train', 'test'), default='train')
    parser.add_argument(
        '--size',
        type=int,
        nargs=2,
        metavar=('H', 'W'),
        help='of the images; by default that of the test pipeline')
    parser.add_argument(
        '--batch-size', type=int, help='by default that of the loader')
    parser.add_argument('--iters', type=int, default=1)
    parser.add_argument(
        '--device', type=device_name, help='default: cuda or cpu')
    parser.add_argument('--out', help='write the numbers here, as JSON')
    parser.add_argument('--amp', action='store_true', help='fp16, GPU only')
    return parser.parse_args()


def random_batch(model, batch_size, height, width):
    """Random images, and random answers of each task as its labels."""
    images, samples = [], []
    for _ in range(batch_size):
        images.append(torch.randint(0, 256, (3, height, width)).byte())
        sample = SegDataSample(metainfo=dict(ori_shape=(height, width)))
        for task in model.tasks.values():
            logits = torch.randn(task.out_channels, height, width)
            sample.set_data({
                task.gt_key:
                PixelData(
                    metainfo=dict(pad_value=task.ignore_value),
                    data=task.predict(logits))
            })
        samples.append(sample)
    return dict(inputs=images, data_samples=samples)


def main():
    args = parse_args()
    cfg = read_config(args)
    size = args.size or input_shape(cfg)
    batch_size = args.batch_size or cfg[f'{args.mode}_dataloader'].batch_size
    device = args.device or ('cuda' if torch.cuda.is_available() else 'cpu')
    model = MODELS.build(without_checkpoints(cfg.model)).to(device)
    count = sum(p.numel() for p in model.parameters())
    if args.amp:
        cfg.optim_wrapper.type = 'AmpOptimWrapper'
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    model.train(args.mode == 'train')
    times = []
    for _ in range(args.iters):
        batch = random_batch(model, batch_size, *size)
        start = time.perf_counter()
        if args.mode == 'train':
            model.train_step(batch, optim_wrapper)
        else:
            with torch.no_grad():
                model.test_step(batch)
        if device != 'cpu':
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    if device == 'cpu':
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    else:
        peak = torch.cuda.max_memory_allocated() / 2**30
    print(f'{args.config}: {count / 1e6:.1f} M parameters, {args.mode} '
          f'{batch_size} x {size[0]}x{size[1]} on {device}: '
          f'peak {peak:.2f} GiB, {min(times):.2f} s per iteration '
          f'(fastest of {len(times)})')
    if args.out:
        numbers = dict(
            parameters=count,
            batch_size=batch_size,
            size=list(size),
            device=describe_device(device),
            memory=peak,
            seconds=min(times))
        write_atomically(
            Path(args.out), json.dumps(numbers, indent=2) + '\n')


if __name__ == '__main__':
    run_tool(main)
