# Copyright (c) mtcp_mm authors. All rights reserved.
"""Draw what the network sees: images and labels after the transforms.

    python tools/analysis_tools/browse_dataset.py configs/mtcp_demo.py \
        --out-dir browse --split train --number 8

Every label is drawn as it is packed, on the image as it is packed: shrunk,
cropped, mirrored, with the colours of the augmentation, before the mean is
subtracted. In testing labels keep the size of the file, so they are drawn
scaled to the image. Another --seed shows other augmentations.
"""
import argparse
from pathlib import Path

import mmcv
import numpy as np
from mmengine.registry import DATASETS
from mmengine.runner import set_random_seed
from rich.console import Console
from rich.progress import track

from mtcp_mm.cli.launch import make_parser, read_config, run_tool
from mtcp_mm.utils.errors import UsageError
from mtcp_mm.visualization import MultiTaskLocalVisualizer


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__, with_config=True)
    parser.add_argument('--out-dir', type=Path, help='write pictures here')
    parser.add_argument(
        '--show', action='store_true', help='show pictures in a window')
    parser.add_argument(
        '--wait-time', type=float, default=2, help='seconds per window')
    parser.add_argument(
        '--split',
        choices=['train', 'val', 'test'],
        default='train',
        help='which data loader of the config (default: %(default)s)')
    parser.add_argument(
        '--number', type=int, help='draw the first so many; default: all')
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    if args.out_dir is None and not args.show:
        parser.error('give --out-dir, or --show, or both')
    if args.number is not None and args.number < 1:
        parser.error(f'--number must be at least 1, but is {args.number}')
    return args


def packed_image(inputs) -> np.ndarray:
    """Image (3, H, W) in BGR, as packed, as uint8 RGB (H, W, 3)."""
    image = inputs.numpy().transpose(1, 2, 0)[..., ::-1]
    return np.ascontiguousarray(image.clip(0, 255).round().astype(np.uint8))


def main() -> None:
    args = parse_args()
    cfg = read_config(args)
    set_random_seed(args.seed)
    loader = cfg.get(f'{args.split}_dataloader')
    if not loader:
        raise UsageError(f'{args.config} has no {args.split}_dataloader.')
    dataset = DATASETS.build(loader.dataset)
    visualizer = MultiTaskLocalVisualizer()
    visualizer.dataset_meta = dataset.metainfo
    number = min(args.number or len(dataset), len(dataset))
    for index in track(range(number), 'Drawing', console=Console(stderr=True)):
        item = dataset[index]
        sample = item['data_samples']
        name = sample.get('sample_id') or Path(sample.img_path).stem
        # with the index: a data set may show an image more than once
        name = f'{index:05d}_{str(name).replace("/", "_")}'
        picture = visualizer.draw_sample(
            packed_image(item['inputs']), sample, draw_pred=False)
        if args.out_dir:
            mmcv.imwrite(
                mmcv.rgb2bgr(picture), str(args.out_dir / f'{name}.png'))
        if args.show:
            visualizer.show(
                picture, win_name=name, wait_time=args.wait_time)
    if args.out_dir:
        print(f'{number} of the {len(dataset)} samples of {args.split} drawn: '
              f'{args.out_dir}')


if __name__ == '__main__':
    run_tool(main)
