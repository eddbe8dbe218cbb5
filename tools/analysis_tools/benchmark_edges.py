# Copyright (c) mtcp_mm authors. All rights reserved.
"""Images per second of the edge metric, in one process and in several.

    python tools/analysis_tools/benchmark_edges.py --num-workers 2

The maps are synthetic: the true edges are the boundaries of random cells, the
prediction is a blurred, moved and noisy copy of them. Their density is
printed.
"""
import argparse
import time

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from mtcp_mm.cli.launch import make_parser, run_tool
from mtcp_mm.evaluation import EdgeMetric
from mtcp_mm.evaluation.edges import PROTOCOLS, boundary_map


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__)
    parser.add_argument(
        '--size', type=int, nargs=2, metavar=('H', 'W'), default=(425, 560))
    parser.add_argument('--images', type=int, default=8)
    parser.add_argument('--num-workers', type=int, default=2)
    parser.add_argument(
        '--protocols', nargs='+', default=['bsds_tools'], choices=PROTOCOLS)
    parser.add_argument('--max-dist', type=float, default=.011)
    parser.add_argument(
        '--cells', type=int, default=70, help='more cells, more edges')
    return parser.parse_args()


def make_sample(index: int, size: tuple[int, int], cells: int) -> dict:
    """True edges and a map that finds most of them."""
    rng = np.random.RandomState(index)
    points = rng.rand(cells, 2) * size
    grid = np.indices(size).reshape(2, -1).T
    edges = boundary_map(cKDTree(points).query(grid)[1].reshape(size))
    noise = gaussian_filter(rng.randn(*size), 2)
    score = (12 * gaussian_filter(np.roll(edges, 2, 1).astype(float), 2.5) +
             .8 * noise / noise.std() - 1.8)
    prob = 1 / (1 + np.exp(-score))
    return dict(
        pred_edge=dict(data=torch.from_numpy(prob[None].astype(np.float32))),
        gt_edge=dict(data=torch.from_numpy(edges[None].astype(np.float32))))


def measure(samples: list[dict], num_workers: int,
            args: argparse.Namespace) -> tuple[float, float, dict]:
    """Score the samples, processes started and ended.

    Returns:
        tuple: Seconds on the clock, seconds of CPU time of this process, and
        the scores.
    """
    metric = EdgeMetric(
        'edge', protocols=args.protocols, num_workers=num_workers)
    metric.dataset_meta = dict(
        task_meta=dict(edge=dict(max_dist=args.max_dist)))
    start, work = time.perf_counter(), time.process_time()
    for sample in samples:
        metric.process(None, [sample])
    scores = metric.evaluate(len(samples))
    return time.perf_counter() - start, time.process_time() - work, scores


def main() -> None:
    args = parse_args()
    height, width = args.size
    samples = [
        make_sample(i, (height, width), args.cells)
        for i in range(args.images)
    ]
    density = [
        100 * torch.cat([s[key]['data'] for s in samples]).gt(.5).double()
        .mean().item() for key in ('gt_edge', 'pred_edge')
    ]
    print(f'{args.images} maps of {height}x{width}, {density[0]:.1f} % true '
          f'edges, {density[1]:.1f} % predicted above 0.5, tolerance '
          f'{args.max_dist}, protocols {", ".join(args.protocols)}')
    serial = measure(samples, 0, args)
    # the server of the workers starts once per run, not once per image
    measure(samples[:1], args.num_workers, args)
    parallel = measure(samples, args.num_workers, args)
    assert serial[2] == parallel[2], (serial, parallel)
    print(', '.join(f'{k} {v:.2f}' for k, v in serial[2].items()))
    print(f'CPU time per image: {serial[1] / args.images:.3f} s')
    for name, (seconds, _, _) in (('1 process', serial),
                                  (f'{args.num_workers} workers', parallel)):
        print(f'{name}: {args.images / seconds:.2f} images/s, '
              f'{654 / args.images * seconds / 60:.1f} min for 654 images')
    print(f'ratio {serial[0] / parallel[0]:.2f}')


if __name__ == '__main__':
    run_tool(main)
