# Copyright (c) mtcp_mm authors. All rights reserved.
import importlib.util
import re
import resource
from pathlib import Path

import pytest
from mmengine.registry import DefaultScope

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tool():
    path = ROOT / 'tools' / 'analysis_tools' / 'benchmark_memory.py'
    spec = importlib.util.spec_from_file_location('benchmark_memory', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    DefaultScope._instance_dict.clear()


@pytest.mark.parametrize('mode', ['train', 'test'])
def test_reports_resident_memory(tool, mode, monkeypatch, capsys):
    """Oracle: the peak that the system tells about this process."""
    config = str(ROOT / 'configs' / 'mtcp_demo.py')
    monkeypatch.setattr('sys.argv', [
        'benchmark_memory.py', config, '--mode', mode, '--size', '32', '64',
        '--device', 'cpu', '--batch-size', '2'
    ])
    tool.main()
    out = capsys.readouterr().out
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    found = float(re.search(r'peak ([\d.]+) GiB', out).group(1))
    assert found == pytest.approx(peak, abs=.05)
    assert f'{mode} 2 x 32x64 on cpu' in out


def test_drops_checkpoints_everywhere(tool):
    cfg = dict(init_cfg=dict(type='Pretrained'),
               backbone=dict(init_cfg=dict(type='Pretrained'), depth=2))
    assert tool.without_checkpoints(cfg) == dict(
        init_cfg=None, backbone=dict(init_cfg=None, depth=2))
