# Copyright (c) mtcp_mm authors. All rights reserved.
"""Score the best constant answer of every task, beside a trained model.

    python tools/analysis_tools/trivial_baselines.py configs/mtcp_nyud.py
    python tools/analysis_tools/trivial_baselines.py configs/mtcp_nyud.py \
        --metrics work_dirs/mtcp_nyud/metrics.json --out trivial.md
"""
import argparse
import json
import math
import sys
from pathlib import Path

from mmengine.utils import track_iter_progress
from prettytable import PrettyTable, TableStyle
from torch import Tensor

from mtcp_mm.cli.launch import make_parser, read_config, run_tool
from mtcp_mm.evaluation.evaluator import build_evaluator, higher_is_better
from mtcp_mm.evaluation.trivial import (
    build_label_dataset,
    fit_constants,
    iter_labels,
    score_constants,
)
from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils.files import write_atomically


def parse_args() -> argparse.Namespace:
    parser = make_parser(__doc__, with_config=True)
    parser.add_argument(
        '--metrics',
        type=Path,
        help='scores of a trained model, JSON such as {"depth/rmse": 0.5}')
    parser.add_argument(
        '--out', type=Path, help='write the table here, .json or .md')
    parser.add_argument(
        '--work-dir',
        type=Path,
        help='write the scores to metrics.json there, as tools/test.py does')
    args = parser.parse_args()
    if args.out and args.out.suffix not in ('.json', '.md'):
        parser.error(f'--out must end in .json or .md, but is {args.out}')
    return args


def read_scores(path: Path, known: set[str]) -> dict[str, float]:
    """Scores of a model from a JSON file.

    Raises:
        ValueError: The file has none of the ``known`` keys.
    """
    scores = json.loads(path.read_text())
    found = {
        k: math.nan if v is None else float(v)
        for k, v in scores.items() if k in known
    }
    if not found:
        raise ValueError(
            f'{path} holds none of {", ".join(sorted(known))}, but '
            f'{", ".join(sorted(scores)) or "nothing"}. Was it written by '
            'tools/test.py, with the tasks of this config?')
    return found


def describe(constant: Tensor, meta: dict) -> str:
    """Name of a class, or the numbers."""
    values = constant.flatten().tolist()
    names = meta.get('classes', ())
    if len(values) == 1 and isinstance(values[0], int):
        return names[values[0]] if names else f'class {values[0]}'
    return ', '.join(f'{value:.4g}' for value in values)


def compare(trivial: dict[str, float], trained: dict[str, float],
            better: dict[str, bool]) -> list[dict]:
    """One row per score; a number that is not finite becomes None."""
    rows = []
    for key, value in trivial.items():
        model = trained.get(key, math.nan)
        numbers = dict(
            trivial=value,
            trained=model,
            ratio=model / value if value else math.nan)
        rows.append(
            dict(
                metric=key,
                better={True: 'higher', False: 'lower'}.get(better.get(key)),
                **{k: v if math.isfinite(v) else None
                   for k, v in numbers.items()}))
    return rows


def to_markdown(rows: list[dict]) -> str:
    """Table with aligned columns, legible in a terminal too."""
    table = PrettyTable(
        ['metric', 'better', 'trivial', 'trained', 'trained / trivial'],
        align='r')
    table.set_style(TableStyle.MARKDOWN)
    table.align['metric'] = 'l'
    table.add_rows([[
        f'{v:.4f}' if isinstance(v, float) else v or '-' for v in row.values()
    ] for row in rows])
    return table.get_string()


def main() -> None:
    args = parse_args()
    cfg = read_config(args)
    train_set = build_label_dataset(cfg.train_dataloader.dataset)
    test_set = build_label_dataset(cfg.test_dataloader.dataset)
    evaluator = build_evaluator(cfg.test_evaluator)
    evaluator.dataset_meta = test_set.metainfo
    tasks = build_tasks(test_set.metainfo.get('tasks'))
    better = higher_is_better(evaluator.metrics)
    trained = read_scores(args.metrics, set(better)) if args.metrics else {}

    def progress(dataset):
        return track_iter_progress((iter_labels(dataset), len(dataset)),
                                   file=sys.stderr)

    constants = fit_constants(tasks, progress(train_set))
    scores = score_constants(tasks, constants, progress(test_set), evaluator)
    meta = test_set.metainfo.get('task_meta', {})
    answers = {k: describe(v, meta.get(k, {})) for k, v in constants.items()}
    rows = compare(scores, trained, better)
    text = f'{to_markdown(rows)}\n\nConstants of {len(train_set)} images ('
    text += '; '.join(f'{task}: {answer}' for task, answer in answers.items())
    text += f'), scored on {len(test_set)} images.\n'
    print(f'\n{text}')
    if args.work_dir:
        write_atomically(args.work_dir / 'metrics.json',
                         json.dumps(scores, indent=2) + '\n')
    if args.out and args.out.suffix == '.md':
        args.out.write_text(text)
    elif args.out:
        content = dict(constants=answers, scores=rows)
        args.out.write_text(json.dumps(content, indent=2) + '\n')


if __name__ == '__main__':
    run_tool(main)
