# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracles: the text of the paper, where it lies beside the checkout; the
metrics, which know their protocols."""
import re
from pathlib import Path

import pytest

from mtcp_mm.records.data import DataInfo
from mtcp_mm.registry import METRICS
from mtcp_mm.report.collect import Run
from mtcp_mm.report.published import NAMES, published_table, read_published

PAPER = Path(__file__).parents[3] / 'shared/paper/mtcp_wacv2025.txt'


def printed_rows(column):
    """Rows of the first table of the paper with a column of this name."""
    rows, inside = [], False
    for line in PAPER.read_text(encoding='utf-8').splitlines():
        cells = [cell.strip() for cell in line.strip('|').split('|')]
        head = line.startswith('| Model')
        if inside and (head or not line.startswith('|')):
            break
        inside = inside or head and column in line
        if inside and re.fullmatch(r'[\d.]+|-', cells[-1]):
            rows.append((re.sub(r' \[\d+\]', '', cells[0]), cells[1:]))
    return rows


@pytest.mark.skipif(not PAPER.exists(), reason=f'{PAPER} is not here')
@pytest.mark.parametrize('name, column', [('nyud', 'Depth (RMSE)'),
                                          ('pascal', 'Parsing (mIoU)')])
def test_numbers_are_those_of_the_paper(name, column):
    printed = printed_rows(column)
    single = [row for method, row in printed if method == 'STL']
    expected = {m: row for m, row in printed if m != 'STL'}
    # three rows, of which each has one number
    expected['STL'] = [row[i] for i, row in enumerate(single)]
    ours = {row['method'].partition(' of ')[0]: row['values']
            for row in read_published()[name]['rows']}
    assert len(ours) == len(read_published()[name]['rows']) >= 9
    assert ours == expected


def test_protocols_are_known():
    content = read_published()
    metrics = {column['key'].partition('/')[0]: METRICS.get(column['metric'])
               for name in NAMES for column in content[name]['columns']}
    for code in content['codes'].values():
        for task, protocol in code['protocols'].items():
            assert protocol in metrics[task].known_protocols
    for name in NAMES:
        for row in content[name]['rows']:
            assert row['code'] in content['codes']


def cells_of(table, method):
    row = next(r for r in table.rows if r[0].text.startswith(method))
    return {head: (cell.text, cell.mark)
            for head, cell in zip(table.head[1:], row[1:])}


class TestMarks:

    @pytest.fixture
    def run(self):
        data = DataInfo('NYUDMultiTaskDataset', 'data/x', 'val', 'mt', 654,
                        {'480x640': 654})
        scores = {'semseg/mIoU': 50., 'depth/rmse': .5,
                  'depth/rmse@mtcp': .4, 'normals/mean': 19.}
        return Run('mine', Path('mine'), scores=scores, data=data)

    def test_nyud(self, run):
        table = published_table('nyud', [run])
        depth, data = 'Depth RMSE (m)', 'data'
        assert cells_of(table, 'MT-CP')[depth] == ('0.4316', '\u2260 mtcp')
        assert cells_of(table, 'DeMT')[depth] == ('0.5474', '')
        assert cells_of(table, 'MLoRE')[depth] == ('0.5076', '\u2260 range')
        assert cells_of(table, 'PAP')[depth] == ('0.6178', '?')
        assert cells_of(table, 'MT-CP')[data] == ('NYUD_MT 480x640', '')
        assert cells_of(table, 'DeMT')[data] == ('NYUDv2 425x560', '\u2260')
        mine = [r for r in table.rows if r[0].text.startswith('mine')]
        assert [[cell.text for cell in row[:4]] for row in mine] == [
            ['mine, house', '50.0000', '0.5000', '19.0000'],
            ['mine, protocol mtcp', '\u2013', '0.4000', '\u2013']]

    def test_saliency_that_is_no_maxf(self, run):
        table = published_table('pascal', [run])
        marked = [row[0].text for row in table.rows
                  if row[3].mark == 'is mIoU']
        assert marked == ['Cross-Stitch', 'PAD-Net', 'MTFormer']
        saliency = 'Saliency maxF (%)'
        assert cells_of(table, 'MT-CP')[saliency][1] == '\u2260 per_image_f1'
        assert cells_of(table, 'InvPT')[saliency][1] == '\u2260 double_sigmoid'
        assert cells_of(table, 'DeMT')[saliency] == ('83.42', '')
        assert any('is mIoU' in note for note in table.notes)

    def test_run_of_other_tasks(self, run):
        run.scores = {'edge/odsF': 70.}
        table = published_table('nyud', [run])
        assert len(table.rows) == len(read_published()['nyud']['rows'])
        assert any('None of these runs' in note for note in table.notes)
