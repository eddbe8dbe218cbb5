# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .blocks import Section
from .collect import Run
from .curves import draw
from .pictures import data_uri
from .tables import main_keys, text_of

FOLDER = Path(__file__).with_name('templates')


def render_html(title: str, made: str, runs: Sequence[Run],
                sections: Sequence[Section]) -> str:
    """One page with everything inside: it opens without a network.

    Args:
        title (str): Of the page.
        made (str): When and with what it was made.
        runs (Sequence[Run]): For the main scores at the top.
        sections (Sequence[Section]): From :func:`build_sections`.
    """
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True)
    numbers = count()
    environment.filters['svg'] = lambda chart: Markup(
        draw(chart, f'chart{next(numbers)}'))
    environment.filters['data_uri'] = data_uri
    cards = [
        dict(value=text_of(run.scores[key.key]), key=key.key, run=run.name)
        for run in runs for key in main_keys([run]) if key.key in run.scores
    ]
    return environment.get_template('report.html.j2').render(
        title=title,
        made=made,
        cards=cards,
        sections=sections,
        style=(FOLDER / 'style.css').read_text(encoding='utf-8'))
