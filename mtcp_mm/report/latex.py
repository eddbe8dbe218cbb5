# Copyright (c) mtcp_mm authors. All rights reserved.
"""Rows for a table of a paper."""
from collections.abc import Sequence

from mtcp_mm.evaluation.score_keys import parse_key
from .collect import Run
from .published import published_table
from .tables import Cell, main_keys, text_of

ESCAPES = {
    '\\': r'\textbackslash{}',
    '{': r'\{',
    '}': r'\}',
    '_': r'\_',
    '%': r'\%',
    '&': r'\&',
    '#': r'\#',
    '$': r'\$',
    '~': r'\textasciitilde{}',
    '^': r'\textasciicircum{}',
    '\u2260': r'$\neq$',
    '\u2013': '--',
}


def escape(text: str) -> str:
    r"""Text for LaTeX.

    >>> escape('mtcp_demo 50%')
    'mtcp\\_demo 50\\%'
    """
    return ''.join(ESCAPES.get(character, character) for character in text)


def row(cells: Sequence[str]) -> str:
    r"""A row: cells, which are LaTeX already, between ``&`` and ``\\``."""
    return ' & '.join(cells) + r' \\'


def render_latex(runs: Sequence[Run], published: str | None = None) -> str:
    """Rows of the main scores, by protocol, and those of the paper.

    Args:
        runs (Sequence[Run]): Ours.
        published (str, optional): Table of the paper, see
            :func:`published_table`.
    """
    keys = main_keys(runs)
    parts = [
        '% Rows for a tabular of booktabs, written by',
        '% tools/analysis_tools/report.py. Data: ' +
        '; '.join(f'{run.name}: {run.data.name}' for run in runs),
    ]
    mains = [key.key for key in keys]
    suffixes = dict.fromkeys(
        key.suffix for run in runs
        for key in (parse_key(name, {}) for name in run.scores)
        if key.under('') in mains)
    for suffix in suffixes:
        shown = [key for key in keys
                 if any(key.under(suffix) in run.scores for run in runs)]
        names = [key.under(suffix) +
                 (f' ({key.protocol or "protocol not known"})'
                  if not suffix else '') for key in shown]
        arrows = {True: r' $\uparrow$', False: r' $\downarrow$', None: ''}
        parts += [
            '',
            f'% {len(shown) + 1} columns: run, {", ".join(names)}',
            row(['', *(escape(key.under(suffix)) + arrows[key.higher]
                       for key in shown)]), r'\midrule'
        ]
        parts += [
            row([escape(run.name),
                 *(escape(text_of(run.scores.get(key.under(suffix))))
                   for key in shown)]) for run in runs
        ]
    if published:
        table = published_table(published, runs)
        parts += [
            '', f'% {len(table.head)} columns, beside the paper',
            *(f'% {line}' for line in table.notes),
            row(list(map(escape, table.head))), r'\midrule'
        ]
        for i, cells in enumerate(table.rows):
            if i and i in table.groups:
                parts.append(r'\midrule')
            parts.append(row(list(map(_cell, cells))))
    return '\n'.join(parts) + '\n'


def _cell(cell: Cell) -> str:
    text = escape(cell.text)
    text = rf'\textbf{{{text}}}' if cell.strong else text
    return text + (rf'\textsuperscript{{{escape(cell.mark)}}}'
                   if cell.mark else '')
