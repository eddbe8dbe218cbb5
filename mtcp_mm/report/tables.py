# Copyright (c) mtcp_mm authors. All rights reserved.
"""Tables of a report, free of any markup."""
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from mtcp_mm.evaluation.score_keys import (
    TOTALS,
    MetricInfo,
    ScoreKey,
    join_key,
    order_keys,
    parse_key,
)
from .collect import Run
from .complexity import human

#: Where there is no number.
NOTHING = '\u2013'


@dataclass
class Cell:
    """A cell of a table.

    Attributes:
        text (str): What it says.
        mark (str): A warning beside it, e.g. '\u2260 mtcp'.
        why (str): The mark in words.
        strong (bool): Stands out: the best of its row.
        left (bool): Text, not a number.
    """

    text: str
    mark: str = ''
    why: str = ''
    strong: bool = False
    left: bool = False


@dataclass
class Table:
    """A table: head, rows and what has to be said below.

    Attributes:
        head (list[str]): Names of the columns.
        rows (list[list[Cell]]): Cells; the first one is the row's head.
        notes (list[str]): Sentences below the table.
        groups (dict[int, str]): Index of a row to a heading above it.
    """

    head: list[str]
    rows: list[list[Cell]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    groups: dict[int, str] = field(default_factory=dict)
    kind: str = 'table'


def text_of(value: float | None, digits: int = 4) -> str:
    """A score with 4 digits behind the point, as the tools print it.

    >>> text_of(56.25), text_of(None)
    ('56.2500', '\u2013')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return f'{value:.{digits}f}'


def all_metrics(runs: Sequence[Run]) -> dict[str, MetricInfo]:
    """What the metrics of all runs say of themselves."""
    return {k: v for run in runs for k, v in run.metrics.items()}


def all_keys(runs: Sequence[Run]) -> list[ScoreKey]:
    """Keys of the scores of all runs, in order."""
    keys = [key for run in runs for key in run.scores]
    return order_keys(keys, all_metrics(runs))


def score_table(runs: Sequence[Run], house: bool = True) -> Table:
    """A row per score, a column per run; the best run is marked.

    Args:
        runs (Sequence[Run]): The runs.
        house (bool): Scores of the house protocols and those of all tasks
            together; False: the others, those of a metric one below the
            other. Defaults to True.
    """
    keys = [key for key in all_keys(runs) if bool(key.suffix) != house]
    if not house:
        metrics = list(dict.fromkeys((key.task, key.metric) for key in keys))
        keys.sort(key=lambda key: metrics.index((key.task, key.metric)))
    table = Table(['score', *(r.name for r in runs), 'protocol', 'better'])
    group = None
    for key in keys:
        if key.task != group:
            group = key.task
            table.groups[len(table.rows)] = group or 'all tasks'
        values = [run.scores.get(key.key) for run in runs]
        best = _best(values, key.higher)
        protocol = key.protocol or ('not known' if key.task else NOTHING)
        table.rows.append([
            Cell(key.key, left=True),
            *(Cell(text_of(v), strong=i in best)
              for i, v in enumerate(values)),
            Cell(protocol + ' (house)' * (house and bool(key.protocol)),
                 left=True, why=key.note),
            Cell(key.better or NOTHING, left=True)
        ])
    notes = {f'{k.task}, {k.protocol}': k.note for k in keys if k.note}
    table.notes = [f'{name}: {note}.' for name, note in notes.items()]
    return table


def _best(values: Sequence[float | None], higher: bool | None) -> set[int]:
    """Indices of the best values; none without a choice."""
    known = [v for v in values if v is not None and math.isfinite(v)]
    if higher is None or len(known) < 2:
        return set()
    top = max(known) if higher else min(known)
    return {i for i, v in enumerate(values) if v == top}


def run_table(runs: Sequence[Run]) -> Table:
    """A row per run: data, where the scores come from, checkpoint, seed."""
    table = Table(['run', 'data', 'scores from', 'checkpoint', 'seed'])
    for run in runs:
        table.rows.append([
            Cell(text, left=True)
            for text in (run.name, run.data.name, run.scores_from or NOTHING,
                         run.checkpoint or NOTHING, run.seed)
        ])
    table.notes = [f'{run.name}: {run.data.description}.' for run in runs]
    return table


def class_tables(runs: Sequence[Run]) -> dict[str, Table]:
    """Scores per class, by task and list (IoU, Acc): a column per run."""
    columns: dict[tuple, dict] = {}
    for run in runs:
        for task, protocols in run.details.items():
            house = run.metrics[task].house if task in run.metrics else ''
            details = protocols.get(house) or next(iter(protocols.values()))
            names = details.get('classes') or []
            lists = {k: v for k, v in details.items() if k != 'classes'
                     and isinstance(v, list) and len(v) == len(names)}
            for kind, values in lists.items():
                key = task, tuple(map(str, names))
                columns.setdefault(key, {})[run.name, kind] = values
    tables = {}
    for (task, names), lists in columns.items():
        title = task if task not in tables else f'{task} ({len(names)})'
        single = len({run for run, _ in lists}) == 1
        table = Table(['class', *(kind if single else f'{kind}, {run}'
                                  for run, kind in lists)])
        absent = []
        for i, name in enumerate(names):
            cells = [Cell(text_of(values[i], 2)) for values in lists.values()]
            if all(cell.text == NOTHING for cell in cells):
                absent.append(name)
            else:
                table.rows.append([Cell(name, left=True), *cells])
        table.notes = [
            'In percent; \u2013: no such pixel in the labels, nor (for the '
            'IoU) in the predictions.'
        ]
        if absent:
            table.notes.append(f'Never seen: {", ".join(absent)}.')
        tables[title] = table
    return tables


def cost_table(runs: Sequence[Run]) -> Table:
    """Parameters, operations and time of the runs that were evaluated."""
    table = Table(['run', 'part', 'parameters', 'FLOPs', 'MACs'])
    for run in runs:
        cost = (run.evaluation or {}).get('cost')
        if not cost:
            continue
        for part, count in cost['parameters'].items():
            flops = cost['flops'].get(part, 0)
            table.rows.append([
                Cell(run.name, left=True),
                Cell(part, left=True),
                Cell(human(count['all'])),
                Cell(human(flops)),
                Cell(human(flops / 2))
            ])
        height, width = cost['shape']
        table.notes.append(
            f'{run.name}: input of {height}x{width}; {cost["seconds"]:.4g} s '
            f'per image ({1 / cost["seconds"]:.3g} images/s) on '
            f'{cost["device"]}, batch {cost["batch_size"]}: network, resizing '
            'to the original size and predictions, without loading.')
    table.notes.append(
        'Operations of the network for one image; a multiplication and an '
        'addition are 2 FLOPs, or 1 MAC.')
    left_out = {(run.evaluation or {}).get('cost', {}).get('not_counted')
                for run in runs} - {None}
    table.notes += [f'Not counted: {text}.' for text in left_out]
    return table


def environment_table(run: Run) -> Table:
    """Versions: of the training as its log says, and of this evaluation."""
    table = Table(['what', 'value'])
    for title, values in (('training', run.trained_with),
                          ('test (tools/test.py)',
                           run.meta.get('environment', {})),
                          ('evaluation for the report',
                           (run.evaluation or {}).get('environment', {}))):
        if values:
            table.groups[len(table.rows)] = title
        table.rows += [[Cell(key, left=True), Cell(value, left=True)]
                       for key, value in values.items()]
    return table


def main_keys(runs: Sequence[Run]) -> list[ScoreKey]:
    """Main score of every task in the house protocol, in order."""
    infos = all_metrics(runs)
    mains = {join_key(task, info.main) for task, info in infos.items()}
    mains |= set(TOTALS)
    keys = [key.under('') for key in all_keys(runs)]
    return [parse_key(key, infos) for key in dict.fromkeys(keys)
            if key in mains]
