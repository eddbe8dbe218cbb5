# Copyright (c) mtcp_mm authors. All rights reserved.
import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from mtcp_mm.evaluation.score_keys import parse_key
from mtcp_mm.records.environment import describe_environment
from mtcp_mm.utils.files import write_atomically
from .build import build_sections
from .collect import Run
from .html import render_html
from .latex import render_latex
from .markdown import render_markdown

#: Columns of results.csv.
COLUMNS = ('run', 'key', 'task', 'metric', 'protocol', 'value', 'better',
           'data', 'layout', 'scores_from', 'work_dir')


def render_csv(runs: Sequence[Run]) -> str:
    """A line per run and score, values with all their digits."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator='\n')
    writer.writerow(COLUMNS)
    for run in runs:
        for name, value in run.scores.items():
            key = parse_key(name, run.metrics)
            writer.writerow([
                run.name, name, key.task, key.metric, key.protocol, value,
                key.better, run.data.name, run.data.layout, run.scores_from,
                run.work_dir
            ])
    return stream.getvalue()


def write_report(runs: Sequence[Run],
                 out_dir: str | Path,
                 published: str | None = None,
                 title: str | None = None) -> list[Path]:
    """Write ``report.html``, ``report.md``, ``results.csv``, ``results.tex``.

    Args:
        runs (Sequence[Run]): From :func:`collect`.
        out_dir (str | Path): Folder, made if it is not there.
        published (str, optional): Show a table of the paper beside them, see
            :data:`mtcp_mm.report.published.NAMES`.
        title (str, optional): Defaults to the names of the runs.

    Returns:
        list[Path]: The files.
    """
    out_dir = Path(out_dir)
    title = title or 'Report on ' + ', '.join(run.name for run in runs)
    here = describe_environment()
    revision = here.get('git revision')
    made = (f'Made on {datetime.now():%Y-%m-%d %H:%M} with mtcp_mm '
            f'{here["mtcp_mm"]}' +
            (f', git revision {revision}' if revision else '') + '.')
    sections = build_sections(runs, published)
    texts = {
        'report.html': render_html(title, made, runs, sections),
        'report.md': render_markdown(title, made, sections, out_dir),
        'results.csv': render_csv(runs),
        'results.tex': render_latex(runs, published),
    }
    for name, text in texts.items():
        write_atomically(out_dir / name, text)
    return [out_dir / name for name in texts]
