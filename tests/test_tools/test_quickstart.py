# Copyright (c) mtcp_mm authors. All rights reserved.
"""What `tools/quickstart.sh` calls, and when. The tools that it calls are
replaced by ones that write down their names and the files that they owe."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / 'tools'
STUB = """
import pathlib, sys
with open('calls', 'a') as file:
    file.write(pathlib.Path(sys.argv[0]).stem + '\\n')
for name, text in {files!r}.items():
    path = pathlib.Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
"""
WORK = 'work_dirs/mtcp_demo'
OWED = {
    'dataset_converters/make_demo_data.py': {'data/demo/demo.json': '{}'},
    'train.py': {f'{WORK}/last_checkpoint': '/x/epoch_14.pth'},
    'test.py': {f'{WORK}/metrics.json': '{}', f'{WORK}/pictures/1.png': ''},
    'analysis_tools/plot_lps.py': {},
    'analysis_tools/trivial_baselines.py': {f'{WORK}/table.md': 'table'},
    'analysis_tools/report.py': {f'{WORK}/report/report.html': '<html>'},
}
ALWAYS = ['make_demo_data', 'trivial_baselines']
ALL = ['make_demo_data', 'train', 'test', 'plot_lps', 'trivial_baselines',
       'report']


@pytest.fixture
def checkout(tmp_path):
    """A checkout without content."""
    root = tmp_path / 'a checkout'
    for name, files in OWED.items():
        path = root / 'tools' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(STUB.format(files=files))
    for name in ('quickstart.sh', 'env.sh'):
        shutil.copy(TOOLS / name, root / 'tools')
    (root / 'tools' / 'install.sh').write_text('exit 0\n')
    for name in ('configs/mtcp_demo.py', 'configs/_base_/a.py',
                 'mtcp_mm/model.py', 'mtcp_mm/report/html.py',
                 'mtcp_mm/report/style.css'):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('1')
    return root


def run(root):
    """Start it; what it called, and what it said."""
    (root / 'calls').write_text('')
    done = subprocess.run(
        ['bash', str(root / 'tools' / 'quickstart.sh')],
        env=dict(os.environ, VENV=sys.prefix), text=True, timeout=60,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    return (root / 'calls').read_text().split(), done.stdout


def test_names_the_report_in_its_last_lines(checkout):
    calls, said = run(checkout)
    assert calls == ALL
    for name in ('table.md', 'metrics.json', 'report/report.html'):
        path = checkout / WORK / name
        assert path.is_file()
        assert any(line.endswith(f' {path}')
                   for line in said.splitlines()[-6:]), said
    assert '6/6 report' in said


def test_does_nothing_twice(checkout):
    run(checkout)
    calls, said = run(checkout)
    assert calls == ALWAYS
    assert said.count(', kept') == 3


@pytest.mark.parametrize('file, again', [
    ('mtcp_mm/report/style.css', ['report']),
    ('mtcp_mm/report/html.py', ['report']),
    ('tools/analysis_tools/report.py', ['report']),
    (f'{WORK}/metrics.json', ['report']),
    ('mtcp_mm/model.py', ['train', 'test', 'plot_lps', 'report']),
    ('configs/_base_/a.py', ['train', 'test', 'plot_lps', 'report']),
])
def test_changed_files(checkout, file, again):
    run(checkout)
    with open(checkout / file, 'a') as stream:
        stream.write('\n')
    calls, _ = run(checkout)
    assert calls == [name for name in ALL if name in [*ALWAYS, *again]]
    kept = list((checkout / 'work_dirs').glob('mtcp_demo.*'))
    assert len(kept) == ('train' in again)


def test_lost_report_is_made_again(checkout):
    run(checkout)
    (checkout / WORK / 'report' / 'report.html').unlink()
    assert run(checkout)[0] == [*ALWAYS, 'report']
