# Copyright (c) mtcp_mm authors. All rights reserved.
import html
import os
import re
from collections.abc import Sequence
from pathlib import Path

from .blocks import Charts, Gallery, Section
from .curves import draw
from .tables import Cell, Table


def render_markdown(title: str, made: str, sections: Sequence[Section],
                    out_dir: Path) -> str:
    """The report as Markdown; pictures are linked, charts are written.

    Args:
        title (str): Of the report.
        made (str): When and with what it was made.
        sections (Sequence[Section]): From :func:`build_sections`.
        out_dir (Path): Where the text will lie; gets ``charts/*.svg``.
    """
    parts = [f'# {_escape(title)}', _escape(made)]
    parts += ['\n'.join(f'- [{_escape(s.title)}](#{_anchor(s.title)})'
                        for s in sections)]
    for section in sections:
        parts.append(f'## {_escape(section.title)}')
        for i, block in enumerate(section.blocks):
            if block.kind == 'table':
                parts += _table(block)
            elif block.kind == 'charts':
                parts.append(_charts(block, f'{section.id}_{i}', out_dir))
            elif block.kind == 'gallery':
                parts += _gallery(block, out_dir)
            elif block.kind == 'folded':
                fence = '`' * max(3, 1 + max(
                    map(len, re.findall('`+', block.text)), default=0))
                summary = html.escape(' '.join(block.title.split()))
                parts.append(
                    f'<details><summary>{summary}</summary>'
                    f'\n\n{fence}python\n{block.text.strip()}\n{fence}\n\n'
                    '</details>')
            else:
                mark = '### ' if block.heading else '> ' * block.absent
                parts.append(mark + _escape(block.text))
    return '\n\n'.join(parts) + '\n'


def _anchor(title: str) -> str:
    """What GitHub makes of a heading."""
    return re.sub(r'[^\w\- ]', '', title.lower()).replace(' ', '-')


def _escape(text: str) -> str:
    """Text that is shown as it is: names come from files and configs."""
    text = re.sub(r'([\\`*\[\]|])', r'\\\1', text)
    return html.escape(' '.join(text.split('\n')), quote=False)


def _cell(cell: Cell) -> str:
    text = _escape(cell.text)
    text = f'**{text}**' if cell.strong else text
    return f'{text} ({_escape(cell.mark)})' if cell.mark else text


def _table(table: Table) -> list[str]:
    lines = ['| ' + ' | '.join(map(_escape, table.head)) + ' |']
    rows = table.rows or [[Cell('')] * len(table.head)]
    lines.append('|' + '|'.join(
        ' :-- ' if i == 0 or cell.left else ' --: '
        for i, cell in enumerate(rows[0])) + '|')
    for i, row in enumerate(table.rows):
        if i in table.groups:
            empty = ' | ' * (len(table.head) - 1)
            lines.append(f'| **{_escape(table.groups[i])}** {empty}|')
        lines.append('| ' + ' | '.join(map(_cell, row)) + ' |')
    parts = ['\n'.join(lines)]
    if table.notes:
        parts.append('\n'.join(f'- {_escape(note)}' for note in table.notes))
    return parts


def _charts(block: Charts, stem: str, out_dir: Path) -> str:
    links = []
    (out_dir / 'charts').mkdir(parents=True, exist_ok=True)
    for i, chart in enumerate(block.charts):
        file = Path('charts', f'{stem}_{i}.svg')
        (out_dir / file).write_text(
            draw(chart, background='#fff'), encoding='utf-8')
        links.append(f'![{_escape(chart.title)}]({file.as_posix()})')
    return '\n'.join(links)


def _gallery(block: Gallery, out_dir: Path) -> list[str]:
    parts = [f'### {_escape(block.title)}']
    for example in block.examples:
        labels = [_escape(p.label + (f', {p.caption}' if p.caption else ''))
                  for p in example.pictures]
        links = [f'![{_escape(p.alt)}]({_link(p.file, out_dir)})'
                 for p in example.pictures]
        parts += [
            f'#### {_escape(example.title)}',
            '\n'.join([
                '| ' + ' | '.join(labels) + ' |',
                '|' + ' --- |' * len(labels),
                '| ' + ' | '.join(links) + ' |',
            ])
        ]
    return parts


def _link(file: Path, out_dir: Path) -> str:
    """Path from the report to a picture."""
    path = Path(os.path.relpath(file.resolve(), out_dir.resolve())).as_posix()
    return path.replace(' ', '%20').replace('(', '%28').replace(')', '%29')
