# Copyright (c) mtcp_mm authors. All rights reserved.
"""How strongly each loss pulls at each part of a model.

    python tools/analysis_tools/analyze_gradients.py CONFIG [CHECKPOINT]

One batch of the training set, as augmented by the config. The table has, per
part, the norm of the gradient of every loss over the norm of the part's
parameters; losses are those that are logged, before any weighting.
"""
import torch
from prettytable import PrettyTable, TableStyle

from mtcp_mm.checkpoints.whole import load_into
from mtcp_mm.cli.launch import (
    add_trust_checkpoint,
    make_parser,
    read_config,
    require_file,
    run_tool,
)
from mtcp_mm.cli.model_and_batch import model_and_batch
from mtcp_mm.report.gradients import part_gradients


def parse_args():
    parser = make_parser(__doc__, with_config=True)
    parser.add_argument('checkpoint', nargs='?', help='.pth file')
    parser.add_argument(
        '--images', type=int, default=4, help='of the training set')
    add_trust_checkpoint(parser)
    return parser.parse_args()


def main():
    args = parse_args()
    if args.checkpoint:
        require_file(args.checkpoint, 'checkpoint')
    cfg = read_config(args)
    model, batch = model_and_batch(cfg, args.images)
    if args.checkpoint:
        load_into(model, args.checkpoint)
    model.train()
    data = model.data_preprocessor(batch, True)
    losses = model(**data, mode='loss').to_log(torch.zeros(()))
    del losses['loss']  # of the weighting, which is not asked
    parts = ['backbone', 'neck', *(
        f'decode_head.{name}'
        for name, _ in model.decode_head.named_children())]
    parts = [part for part in parts if getattr(
        model, part.split('.')[0], None) is not None]
    table = PrettyTable(['part', 'parameters', *losses])
    table.set_style(TableStyle.MARKDOWN)
    table.align = 'r'
    for part, found in part_gradients(model, losses, parts).items():
        table.add_row([part, found.parameters,
                       *(f'{x:.2g}' for x in found.norms.values())])
    print(table)


if __name__ == '__main__':
    run_tool(main)
