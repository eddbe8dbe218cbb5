# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: markdown-it, a reader of Markdown, and the text it was given."""
import re

import pytest
from markdown_it import MarkdownIt

from mtcp_mm.report.blocks import (
    Example,
    Folded,
    Gallery,
    Picture,
    Section,
    Text,
)
from mtcp_mm.report.markdown import render_markdown
from mtcp_mm.report.tables import Cell, Table

NAMES = ['<img src=x onerror=alert(1)>', '[x](javascript:alert(1))', 'a|b',
         '*a* `b`', 'A & B &lt;', '![x](http://x/y.png)', 'a\\', 'a\n# b']


@pytest.mark.parametrize('name', NAMES)
def test_names_are_shown_as_they_are(tmp_path, name):
    picture = Picture('input', tmp_path / 'a.png', name)
    text = render_markdown(name, name, [
        Section('a', name, [
            Text(name), Text(name, heading=True), Text(name, absent=True),
            Table([name, 'x'], [[Cell(name), Cell('1')]], notes=[name]),
            Gallery(name, [Example(name, [picture])]),
            Folded(name, f'{name}\n```\n<script>')])], tmp_path)
    page = MarkdownIt('commonmark').enable('table').render(text)
    assert set(re.findall(r'<(\w+)', page)) == {
        'a', 'blockquote', 'code', 'details', 'h1', 'h2', 'h3', 'h4', 'img',
        'li', 'p', 'pre', 'summary', 'table', 'tbody', 'td', 'th', 'thead',
        'tr', 'ul'}
    assert set(re.findall(r'(?:href|src)="([^"#]+)', page)) == {'a.png'}
    assert page.count('<img') == page.count('<a ') == 1
    plain = re.sub(r'<[^>]*>', '', page)
    for entity, sign in (('lt', '<'), ('gt', '>'), ('quot', '"'),
                         ('amp', '&')):
        plain = plain.replace(f'&{entity};', sign)
    assert plain.count(name.replace('\n', ' ')) == 13 + ('\n' not in name)
