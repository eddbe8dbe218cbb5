# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: the scores that the test itself writes to metrics.json."""
import csv
import json
import re
import shutil
from html.parser import HTMLParser

import pytest

from mtcp_mm.report.collect import collect
from mtcp_mm.report.latex import escape
from mtcp_mm.report.write import write_report
from .conftest import NAMES, write_log

SCORES = {
    'semseg/mIoU': 12.345678901234567, 'semseg/mIoU@mtcp': 11.1,
    'depth/rmse': 0.1 + 0.2, 'depth/rmse@mtcp': .25, 'depth/abs_rel': None,
    'normals/mean': 23.25, 'delta_mtl': -1.5
}


class Page(HTMLParser):
    """Attributes, rows of tables, and whether tags are closed."""

    VOID = {'meta', 'link', 'img', 'br', 'hr'}

    def __init__(self, text):
        super().__init__()
        self.links, self.images, self.ids, self.rows = [], [], [], []
        self.stack, self.cell = [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in self.VOID:
            self.stack.append(tag)
        if 'id' in attrs:
            self.ids.append(attrs['id'])
        if tag == 'img':
            self.images.append((attrs['src'], attrs['alt']))
        self.links += [attrs[k] for k in ('href', 'src', 'xlink:href')
                       if k in attrs]
        if tag == 'tr':
            self.rows.append([])
        if tag in ('th', 'td'):
            self.cell = ''

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.stack.pop() == tag, self.getpos()
        if tag in ('th', 'td'):
            self.rows[-1].append(self.cell.strip())
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data


@pytest.fixture(scope='module')
def runs(finished, tmp_path_factory):
    """A run with everything, and one of which little is left."""
    folder = tmp_path_factory.mktemp('runs')
    full = folder / 'full_50%'
    shutil.copytree(finished, full)
    (full / 'metrics.json').write_text(json.dumps(SCORES))
    single = dict(value=.5, file='stl/metrics.json', config='stl.py')
    (full / 'metrics_meta.json').write_text(json.dumps(
        dict(checkpoint='epoch_3.pth', references={'depth/rmse': single})))
    little = folder / 'little'
    little.mkdir()
    write_log(little, epochs=1, weights=False)
    return [collect(full, num_images=2, device='cpu'), collect(little)]


@pytest.fixture(scope='module')
def report(runs, tmp_path_factory):
    out = tmp_path_factory.mktemp('report')
    files = write_report(runs, out, published='nyud', title='A <b> & "c"')
    assert [f.name for f in files] == ['report.html', 'report.md',
                                       'results.csv', 'results.tex']
    return out


class TestCsv:

    def test_values_have_all_digits(self, report):
        with open(report / 'results.csv', newline='') as file:
            rows = list(csv.DictReader(file))
        full = {row['key']: row for row in rows if row['run'] == 'full_50%'}
        assert {k: float(row['value']) if row['value'] else None
                for k, row in full.items()} == SCORES
        row = full['depth/rmse@mtcp']
        assert (row['task'], row['metric'], row['protocol'], row['better'],
                row['layout']) == ('depth', 'rmse', 'mtcp', 'lower', 'mt')
        assert full['depth/rmse']['protocol'] == 'pooled'
        assert full['delta_mtl']['better'] == 'higher'
        little = [row['key'] for row in rows if row['run'] == 'little']
        assert little == ['semseg/mIoU', 'depth/rmse', 'normals/mean']


@pytest.fixture(scope='module')
def text(report):
    return (report / 'report.html').read_text(encoding='utf-8')


@pytest.fixture(scope='module')
def page(text):
    page = Page(text)
    assert page.stack == []
    return page


class TestHtml:

    def test_scores(self, page):
        rows = {row[0]: row[1:] for row in page.rows if row}
        assert rows['semseg/mIoU'] == ['12.3457', '10.0000',
                                       'logits (house)', 'higher']
        assert rows['depth/rmse@mtcp'] == ['0.2500', '\u2013', 'mtcp',
                                           'lower']
        assert rows['depth/abs_rel'][0] == '\u2013'
        assert rows['delta_mtl'][0] == '-1.5000'
        assert {row[0] for row in page.rows} >= set(NAMES)

    def test_nothing_is_fetched(self, page, text):
        assert all(link.startswith(('#', 'data:')) for link in page.links)
        assert 'url(' not in text and '@import' not in text
        assert '<script' not in text

    def test_contents_lead_somewhere(self, page):
        targets = {link[1:] for link in page.links if link[0] == '#'}
        ids = [i for i in page.ids if not i.startswith('chart')]
        assert targets <= set(page.ids) and targets >= set(ids)
        assert len(ids) == 10 and len(page.ids) == len(set(page.ids))

    def test_pictures(self, page):
        # 2 worst and 2 best of 3 tasks, with 4 pictures each
        assert len(page.images) == 3 * 4 * 4
        assert all(alt for _, alt in page.images)
        labels = {alt.partition(' of ')[0] for _, alt in page.images}
        assert labels == {'input', 'ground truth', 'prediction', 'error'}

    def test_everything_is_told(self, text):
        for part in ('A &lt;b&gt; &amp;', 'full_50%', 'seed 3',
                     'semseg: training loss', 'full_50%: weight',
                     'images/s', 'MACs', 'test_dataloader', 'git revision',
                     'NYUDMultiTaskDataset', 'torch', '0.4316',
                     'depth/rmse 0.5000 (stl/metrics.json)'):
            assert part in text, part
        assert 'coherence' not in text  # no loss of a task

    def test_absent_parts_are_named(self, text):
        absent = re.findall(r'<p class="absent">(.*?)</p>', text)
        for part in ('LPSHook', 'no checkpoint', 'no config',
                     'metrics.json differs'):
            assert any(part in sentence for sentence in absent), part


class TestMarkdown:

    def test_tables_and_links(self, report):
        text = (report / 'report.md').read_text(encoding='utf-8')
        row = '| semseg/mIoU | **12.3457** | 10.0000 | logits (house) |'
        assert row in text
        assert '0.4316 (\u2260 mtcp)' in text
        links = re.findall(r'!\[[^\]]*\]\(([^)]*)\)', text)
        assert len(links) > 48
        for link in links:
            assert (report / link.replace('%20', ' ')).is_file(), link
        for block in re.findall(r'(?:^\|.*\n)+', text, re.MULTILINE):
            counts = {line.count('|') - line.count('\\|')
                      for line in block.splitlines()}
            assert len(counts) == 1


class TestLatex:

    def test_rows(self, report):
        text = (report / 'results.tex').read_text(encoding='utf-8')
        lines = [line for line in text.splitlines()
                 if line and not line.startswith('%')]
        columns = [int(n) for n in re.findall(r'^% (\d+) columns', text,
                                              re.MULTILINE)]
        assert columns == [5, 3, 6]  # house, mtcp, beside the paper
        blocks = re.split(r'^% \d+ columns.*$', text, flags=re.MULTILINE)[1:]
        for count, block in zip(columns, blocks):
            rows = [line for line in block.splitlines()
                    if line.endswith(r'\\')]
            assert len(rows) >= 3
            for row in rows:
                assert len(re.findall(r'(?<!\\)&', row)) == count - 1
        for line in lines:
            assert line == r'\midrule' or line.endswith(r' \\')
            assert line.count('{') == line.count('}')
            assert not re.search(r'(?<!\\)[_%#]', line)
        assert (r'full\_50\% & 12.3457 & 0.3000 & 23.2500 & -1.5000 \\'
                in lines)

    def test_escape(self):
        assert escape('a_b & 5% {x} $1 #2 ~^\\') == (
            r'a\_b \& 5\% \{x\} \$1 \#2 \textasciitilde{}\textasciicircum{}'
            r'\textbackslash{}')
