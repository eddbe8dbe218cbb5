# Copyright (c) mtcp_mm authors. All rights reserved.
"""The paper's tables, each number with the protocol behind it."""
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import yaml

from mtcp_mm.evaluation.score_keys import parse_key, split_key
from mtcp_mm.registry import METRICS
from .collect import Run
from .tables import Cell, Table, all_metrics, text_of

FILE = Path(__file__).with_name('published.yml')
#: Names of the tables.
NAMES = ('nyud', 'pascal')


@lru_cache(maxsize=1)
def read_published() -> dict:
    """Content of ``published.yml``."""
    return yaml.safe_load(FILE.read_text(encoding='utf-8'))


def published_table(name: str, runs: Sequence[Run]) -> Table:
    """A table of the paper, and our runs below it.

    A printed number is marked if its protocol is not our house protocol
    ('\u2260 <protocol>'), if nobody knows it ('?'), or if it is another metric
    than the column says ('is mIoU'). A run has a row in the house protocol,
    and one more for each protocol of the printed rows in which it was scored.

    Args:
        name (str): One of :data:`NAMES`.
        runs (Sequence[Run]): Ours.
    """
    content = read_published()
    paper, codes = content[name], content['codes']
    columns = paper['columns']
    infos = all_metrics(runs)
    for column in columns:  # tasks that no run here has
        metric = METRICS.get(column['metric'])
        infos.setdefault(split_key(column['key']).task, metric.describe())
    keys = [parse_key(column['key'], infos) for column in columns]
    houses = {key.task: key.protocol for key in keys}
    table = Table(['method', *(c['label'] for c in columns), 'computed by',
                   'data'])
    table.groups[0] = paper['title']
    used = []
    for row in paper['rows']:
        code = codes[row['code']]
        cells = [Cell(row['method'], left=True)]
        for key, value in zip(keys, row['values']):
            protocol = code['protocols'].get(key.task, '')
            really = row.get('really', {}).get(key.key)
            if protocol:
                used.append(protocol)
            cells.append(
                Cell(value, **_mark(key, protocol, houses[key.task], really)))
        data = paper.get('data', code['data'])
        other = dict() if any(data == run.data.name for run in runs) else dict(
            mark='\u2260', why='not the data of these runs')
        cells += [Cell(code['who'], left=True), Cell(data, left=True, **other)]
        table.rows.append(cells)
    own = [row for run in runs for protocol in ('', *dict.fromkeys(used))
           for row in _own_row(run, keys, protocol)]
    if own:
        table.groups[len(table.rows)] = 'these runs'
        table.rows += own
    table.notes = _notes(
        houses, any('really' in row for row in paper['rows']))
    if not own:
        table.notes.append('None of these runs was scored in a column of '
                           'this table.')
    return table


def _notes(houses: dict[str, str], has_other_metric: bool) -> list[str]:
    """What the marks mean."""
    shown = ', '.join(f'{task} {house}' for task, house in houses.items())
    notes = [
        f'Our house protocols: {shown}. An unmarked number was computed '
        'under the same one. \u2260 behind the data: not those of our runs.',
        '\u2260 name: computed under this protocol, not under ours. Compare '
        'it with our row of that protocol, if there is one.',
        '?: the paper reprints the number; how it was computed is not known.',
        'STL: one row here, three in the paper.',
    ]
    if has_other_metric:
        notes.append('is mIoU: a mean IoU, which the paper prints in a column '
                     'of maxF.')
    return notes


def _mark(key, protocol: str, house: str, really: str | None) -> dict:
    """Mark of a printed number, as arguments of :class:`Cell`."""
    if really:
        metric = split_key(really).metric
        return dict(
            mark=f'is {metric}',
            why=f'not {key.metric}: this is {metric}, another metric')
    if not protocol:
        return dict(mark='?', why='protocol not known')
    if protocol != house:
        return dict(
            mark=f'\u2260 {protocol}',
            why=f'protocol {protocol}, ours is {house}')
    return {}


def _own_row(run: Run, keys: Sequence, protocol: str) -> list[list[Cell]]:
    """Our row under a protocol ('' = house), none without any score."""
    values = [run.scores.get(key.under(protocol)) for key in keys]
    if all(value is None for value in values):
        return []
    cells = [Cell(text_of(value), strong=not protocol) for value in values]
    title = f'{run.name}, {"protocol " + protocol if protocol else "house"}'
    return [[
        Cell(title, left=True), *cells,
        Cell('mtcp_mm', left=True),
        Cell(run.data.name, left=True)
    ]]
