# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mmengine.evaluator import BaseMetric
from prettytable import PrettyTable

from .metrics import DenseTaskMetric


def score_table(scores: Mapping[str, float],
                metrics: Sequence[BaseMetric]) -> str:
    """One table of all scores, the protocols of a task side by side.

    Args:
        scores (Mapping[str, float]): From an evaluator.
        metrics (Sequence[BaseMetric]): Those of the evaluator; they know the
            protocols.

    Returns:
        str: Rows are metrics, columns protocols. Every task has columns of
        its own, named in its first row, the house protocol in brackets.
    """
    sections, told = [], set()
    for metric in metrics:
        if not isinstance(metric, DenseTaskMetric):
            continue
        rows, house = {}, metric.describe().house
        for key in metric.score_keys():
            row = rows.setdefault(key.metric, [key.metric, key.better])
            row += [''] * (2 + metric.protocols.index(key.protocol) - len(row))
            row.append(_text(scores.get(key.key)))
            told.add(key.key)
        head = [f'[{p}]' if p == house else f'@{p}' for p in metric.protocols]
        sections.append([[metric.prefix, 'better', *head], *rows.values()])
    rest = [[key, '', _text(value)] for key, value in scores.items()
            if key not in told]
    if rest:
        sections.append(rest)
    if not sections:
        return 'no scores'
    width = max(len(row) for rows in sections for row in rows)
    table = PrettyTable(header=False)
    for rows in sections:
        for row in rows:
            edge = row is rows[-1] or len(rows) > 1 and row is rows[0]
            table.add_row([*row, *[''] * (width - len(row))], divider=edge)
    table.align = 'r'
    table.align['Field 1'] = 'l'
    return table.get_string()


def _text(value: float | None) -> str:
    return '' if value is None else f'{value:.4f}'
