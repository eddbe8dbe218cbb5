# Copyright (c) mtcp_mm authors. All rights reserved.
"""Where the coherence fusion (CFM) of a model looks, over a training.

    python tools/analysis_tools/analyze_fusion.py CONFIG epoch_1.pth ...

Prints a row per checkpoint and task, after one for the initial weights, on
the first images of the training set. docs/diagnosis.md reads such a table.
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
from mtcp_mm.report.attention import fusion_statistics

COLUMNS = dict(
    keys='pixels a query looks at',
    used='pixels all look at',
    distance='distance / mean',
    moved='moved')


def parse_args():
    parser = make_parser(__doc__, with_config=True)
    parser.add_argument('checkpoints', nargs='*', help='.pth files')
    parser.add_argument(
        '--images', type=int, default=4, help='of the training set')
    parser.add_argument(
        '--batch-statistics',
        action='store_true',
        help='of the norms, as in training; else the learned ones')
    add_trust_checkpoint(parser)
    return parser.parse_args()


@torch.no_grad()
def measure(model, batch):
    """Statistics by task, and the number of pixels of a map."""
    data = model.data_preprocessor(batch, False)
    return fusion_statistics(
        model, lambda: model(data['inputs'], mode='tensor'))


def main():
    args = parse_args()
    for path in args.checkpoints:
        require_file(path, 'checkpoint')
    cfg = read_config(args)
    model, batch = model_and_batch(cfg, args.images)
    model.train(args.batch_statistics)
    table = PrettyTable(['weights', 'module', *COLUMNS.values()])
    table.set_style(TableStyle.MARKDOWN)
    table.align = 'r'
    for path in ['initial', *args.checkpoints]:
        if path != 'initial':
            load_into(model, path)
        for name, found in measure(model, batch).items():
            table.add_row([
                path, name.removeprefix('decode_head.fusions.'),
                *(f'{found[key]:.3g}' for key in COLUMNS)
            ])
    print(table)


if __name__ == '__main__':
    run_tool(main)
