# Copyright (c) mtcp_mm authors. All rights reserved.
import importlib.util
import re
from pathlib import Path

TOOL = Path(__file__).parents[2] / 'tools/analysis_tools/benchmark_edges.py'


def test_figures_fit_each_other(monkeypatch, capsys):
    """Oracle: arithmetic on the printed figures."""
    spec = importlib.util.spec_from_file_location('benchmark_edges', TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    monkeypatch.setattr('sys.argv', [
        'benchmark_edges.py', '--size', '60', '80', '--images', '3',
        '--num-workers', '1', '--protocols', 'seism', '--cells', '9'
    ])
    tool.main()
    out = capsys.readouterr().out
    assert '3 maps of 60x80' in out and 'edge/odsF@seism' in out
    lines = re.findall(r'([\d.]+) images/s, ([\d.]+) min', out)
    assert len(lines) == 2
    for speed, minutes in lines:
        assert abs(654 / float(speed) / 60 - float(minutes)) < .1
    assert re.search(r'CPU time per image: \d+\.\d{3} s', out)
