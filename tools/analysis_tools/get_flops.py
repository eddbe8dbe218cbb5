# Copyright (c) mtcp_mm authors. All rights reserved.
"""Parameters, floating point operations and time per image of a config.

    python tools/analysis_tools/get_flops.py configs/mtcp_demo.py
    python tools/analysis_tools/get_flops.py configs/mtcp_nyud.py \
        --shape 480 640 --out flops.json

The network alone, from the normalised image to the maps of the head, for one
image. Weights are random: nothing is downloaded. The operations are counted
while the model runs once on the CPU, the time is taken on --device. What is
not counted is said below the table.
"""
import argparse
import copy
import json
from pathlib import Path

import torch
from mmengine.config import Config
from prettytable import PrettyTable, TableStyle

from mtcp_mm.checkpoints.config import without_checkpoints
from mtcp_mm.cli.launch import (
    device_name,
    make_parser,
    read_config,
    run_tool,
)
from mtcp_mm.registry import MODELS
from mtcp_mm.report.complexity import (
    NOT_COUNTED,
    count_flops,
    count_parameters,
    describe_device,
    human,
    input_shape,
    time_forward,
)
from mtcp_mm.utils.files import write_atomically


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__, with_config=True)
    parser.add_argument(
        '--shape',
        type=int,
        nargs=2,
        metavar=('H', 'W'),
        help='size of the image; by default that of the test pipeline')
    parser.add_argument(
        '--device',
        type=device_name,
        help='where the time is taken; default: cuda or cpu')
    parser.add_argument(
        '--repeat',
        type=int,
        default=5,
        help='runs that are timed, their median counts; 0: no time')
    parser.add_argument('--out', help='write the numbers here, as JSON')
    args = parser.parse_args()
    if args.shape and min(args.shape) < 1:
        parser.error(f'--shape must be two numbers >= 1, not {args.shape}')
    return args


def measure(cfg: Config, shape: tuple[int, int], device: str,
            repeat: int) -> dict:
    """Build the model and count.

    Args:
        cfg (Config): With ``model``.
        shape (tuple[int, int]): Height and width of the image.
        device (str): Where the time is taken.
        repeat (int): Runs to time.
    """
    model = MODELS.build(without_checkpoints(copy.deepcopy(cfg.model))).eval()
    image = torch.randn(1, 3, *shape)
    numbers = dict(
        shape=list(shape),
        parameters=count_parameters(model),
        flops=count_flops(model, image, mode='tensor'),
        not_counted=NOT_COUNTED)
    if repeat:
        model, image = model.to(device), image.to(device)
        numbers.update(
            seconds=time_forward(lambda: model(image, mode='tensor'), device,
                                 repeat),
            device=describe_device(device))
    return numbers


def to_table(numbers: dict) -> str:
    """Table of the parts, in text."""
    table = PrettyTable(['part', 'parameters', 'trainable', 'FLOPs', 'MACs'])
    table.set_style(TableStyle.MARKDOWN)
    table.align = 'r'
    table.align['part'] = 'l'
    for name, count in numbers['parameters'].items():
        flops = numbers['flops'].get(name, 0)
        table.add_row([
            name,
            human(count['all']),
            human(count['trainable']),
            human(flops),
            human(flops / 2)
        ])
    return table.get_string()


def main() -> None:
    args = parse_args()
    cfg = read_config(args)
    shape = tuple(args.shape or input_shape(cfg))
    device = args.device or ('cuda' if torch.cuda.is_available() else 'cpu')
    numbers = measure(cfg, shape, device, args.repeat)
    print(to_table(numbers))
    print(f'\nOne image of {shape[0]}x{shape[1]}. A multiplication and an '
          'addition are 2 FLOPs, or 1 MAC.\n'
          f'Not counted: {NOT_COUNTED}.')
    if args.repeat:
        print(f'Time per image: {numbers["seconds"]:.4g} s (median of '
              f'{args.repeat}; {numbers["device"]})')
    if args.out:
        write_atomically(
            Path(args.out), json.dumps(numbers, indent=2) + '\n')


if __name__ == '__main__':
    run_tool(main)
