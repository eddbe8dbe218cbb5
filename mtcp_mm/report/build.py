# Copyright (c) mtcp_mm authors. All rights reserved.
"""From runs to the sections of a report."""
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mtcp_mm.evaluation.score_keys import is_score, split_key
from .blocks import (
    Charts,
    Example,
    Folded,
    Gallery,
    Picture,
    Section,
    Text,
)
from .collect import Run
from .curves import Chart, Line
from .evaluate import evaluation_file
from .published import published_table
from .tables import (
    class_tables,
    cost_table,
    environment_table,
    run_table,
    score_table,
)

LABELS = dict(
    input='input',
    truth='ground truth',
    prediction='prediction',
    error='error')


def build_sections(runs: Sequence[Run],
                   published: str | None = None) -> list[Section]:
    """All sections of a report, those without content too.

    Args:
        runs (Sequence[Run]): From :func:`collect`.
        published (str, optional): Table of the paper, see
            :data:`mtcp_mm.report.published.NAMES`.
    """
    sections = [_runs(runs), _scores(runs)]
    if published:
        sections.append(
            Section('published', 'Beside the paper',
                    [published_table(published, runs)]))
    return sections + [
        _classes(runs),
        _curves(runs),
        _weights(runs),
        _images(runs),
        Section('cost', 'Parameters, operations, time',
                [cost_table(runs)] * any(run.evaluation for run in runs) +
                [*_absent(runs, 'evaluation')]),
        _configs(runs),
        _origin(runs),
    ]


def _absent(runs: Sequence[Run], *parts: str) -> Iterator[Text]:
    """A sentence per run that lacks one of the parts."""
    for run in runs:
        for part in parts:
            if part in run.absent:
                yield Text(f'{run.name}: absent. {run.absent[part]}', True)


def _runs(runs: Sequence[Run]) -> Section:
    notes = [Text(f'{run.name}: {note}', True) for run in runs
             for note in run.notes]
    return Section('runs', 'Runs', [run_table(runs), *notes])


def _scores(runs: Sequence[Run]) -> Section:
    blocks = []
    if (table := score_table(runs)).rows:
        blocks.append(table)
    if (table := score_table(runs, house=False)).rows:
        blocks += [Text('Under other protocols', heading=True), table]
    for run in runs:
        if references := run.meta.get('references'):
            single = ', '.join(
                f'{key} {reference["value"]:.4f} ({reference["file"]})'
                for key, reference in references.items())
            blocks.append(
                Text(f'{run.name}: delta_mtl, in percent, is held against '
                     f'single-task runs: {single}.'))
    return Section('scores', 'Scores', [*blocks, *_absent(runs, 'scores')])


def _classes(runs: Sequence[Run]) -> Section:
    blocks = []
    for task, table in class_tables(runs).items():
        blocks += [Text(task, heading=True), table]
    if not blocks:
        blocks = [
            Text('absent. No task with classes was evaluated with its lists '
                 'per class.', True)
        ]
    return Section('classes', 'Scores per class',
                   [*blocks, *_absent(runs, 'evaluation')])


def _tasks_of_log(run: Run) -> list[str]:
    """Names X of the main losses ``X.loss``, those of tasks alone if the
    config names any."""
    names = [key[:-len('.loss')] for key in run.log.keys(['*.loss'])]
    model = (run.config or {}).get('model') or {}
    tasks = list(model.get('tasks') or ())
    return [name for name in names if name in tasks] or names


def _curves(runs: Sequence[Run]) -> Section:
    """Losses and validation scores, task by task."""
    blocks = []
    tasks = dict.fromkeys(t for run in runs for t in _tasks_of_log(run))
    keys = [key for key in _validated_keys(runs)
            if not split_key(key).protocol]
    for task in tasks:
        charts = [_loss_chart(runs, task), *(
            _score_chart(runs, key) for key in keys
            if split_key(key).task == task)]
        charts = [chart for chart in charts if chart.lines]
        if charts:
            blocks += [Text(task, heading=True), Charts(charts)]
    if blocks:
        blocks.insert(
            0,
            Text('Losses are means of what was logged in an epoch, not '
                 'weighted; scores are those of the validations.'))
    return Section('curves', 'Training',
                   [*blocks, *_absent(runs, 'curves', 'validation')])


def _validated_keys(runs: Sequence[Run]) -> list[str]:
    """Keys of the scores that were validated, in order."""
    return list(
        dict.fromkeys(key for run in runs for record in run.log.val
                      for key in record if is_score(key)))


def _lines(points: Iterable[tuple[str, tuple[list, list]]]) -> list[Line]:
    """Lines from names and points, those without a point left out."""
    return [Line(name, *xy) for name, xy in points if xy[0]]


def _loss_chart(runs: Sequence[Run], task: str) -> Chart:
    """Main loss per run; for a single run also those in between."""
    key = f'{task}.loss'
    if len(runs) > 1:
        points = [(run.name, run.log.per_epoch(key)) for run in runs]
    else:
        points = [(name.partition('.')[-1], runs[0].log.per_epoch(name))
                  for name in (key, *runs[0].log.keys([f'{key}_*']))]
    return Chart(f'{task}: training loss', runs[0].log.unit, _lines(points),
                 log=True)


def _score_chart(runs: Sequence[Run], key: str) -> Chart:
    return Chart(f'{key}, validation', runs[0].log.unit,
                 _lines((run.name, run.log.validations(key)) for run in runs))


def _weights(runs: Sequence[Run]) -> Section:
    """Weights and shares of the loss prioritization."""
    charts = []
    for run in runs:
        for prefix, title, level in (('lps_weight_', 'weight', 1.),
                                     ('lps_share_', 'share of the total',
                                      None)):
            lines = _lines((key[len(prefix):], run.log.per_epoch(key))
                           for key in run.log.keys([f'{prefix}*']))
            if lines:
                charts.append(
                    Chart(f'{run.name}: {title}', run.log.unit, lines,
                          level=level))
    blocks = [Charts(charts)] if charts else []
    return Section('weights', 'Loss weights (LPS)',
                   [*blocks, *_absent(runs, 'weights')])


def _images(runs: Sequence[Run]) -> Section:
    blocks = []
    for run in runs:
        record = run.evaluation or {}
        folder = evaluation_file(run.work_dir).parent
        images = record.get('images', {})
        for task in _ordered(images, run):
            lists = images[task]
            key = record['per_image'][task]['key']
            name = f'{run.name}, {task}' if len(runs) > 1 else task
            for rank in ('worst', 'best'):
                examples = [
                    _example(item, f'{i}. {item["name"]}: {key} '
                             f'{item["score"]:.4g}', task, folder)
                    for i, item in enumerate(lists.get(rank, ()), 1)
                ]
                if examples:
                    blocks.append(
                        Gallery(f'{name}: {rank} by {key} of the image',
                                examples))
    return Section('images', 'Worst and best images',
                   [*blocks, *_absent(runs, 'evaluation')])


def _ordered(tasks: Iterable[str], run: Run) -> list[str]:
    """Tasks in the order of the scores."""
    known = list(dict.fromkeys(split_key(key).task for key in run.scores))
    return sorted(
        tasks, key=lambda t: known.index(t) if t in known else len(known))


def _example(item: dict, title: str, task: str, folder) -> Example:
    pictures = []
    for what, file in item['files'].items():
        label = LABELS[what]
        scale = item['error_scale'] if what == 'error' else (
            None if what == 'input' else item['scale'])
        pictures.append(
            Picture(label, folder / file,
                    f'{label} of image {item["name"]}, task {task}', scale,
                    item['error'] if what == 'error' else ''))
    return Example(title, pictures, item['legend'])


def _configs(runs: Sequence[Run]) -> Section:
    blocks = [
        Folded(f'{run.name}: {run.config_file}',
               Path(run.config_file).read_text(encoding='utf-8'))
        for run in runs if run.config is not None
    ]
    return Section('config', 'Config', [*blocks, *_absent(runs, 'config')])


def _origin(runs: Sequence[Run]) -> Section:
    blocks = []
    for run in runs:
        revision = (run.config or {}).get('git_revision')
        known = f'git revision {revision}' if revision else (
            'its git revision is not recorded')
        blocks += [
            Text(run.name, heading=True),
            Text(f'Training: seed {run.seed}, {known}.'),
        ]
        table = environment_table(run)
        if table.rows:
            blocks.append(table)
        else:
            blocks.append(Text(f'{run.name}: absent. No log of a training '
                               'and no evaluation tells versions.', True))
    return Section('origin', 'Versions, revision, seed', blocks)
