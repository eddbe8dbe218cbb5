# Copyright (c) mtcp_mm authors. All rights reserved.
import subprocess

from mtcp_mm import __version__
from mtcp_mm.records import environment
from mtcp_mm.records.environment import (
    describe_environment,
    environment_of_log,
    git_revision,
    seed_of,
)

LOG = """2026/11/21 11:59:23 - mmengine - INFO -
------------------------------------------------------------
System environment:
    sys.platform: linux
    PyTorch: 2.11.0+cu130
    PyTorch compiling details: PyTorch built with:
  - GCC 13.3
  - C++ Version: 201703

    MMEngine: 0.11.0rc3

Runtime environment:
    mp_cfg: {'opencv_num_threads': 0}
    seed: 17
    GPU number: 1
------------------------------------------------------------

2026/11/21 11:59:23 - mmengine - INFO - Config:
    seed: 5
"""


def test_log():
    found = environment_of_log(LOG)
    assert found == {'sys.platform': 'linux', 'PyTorch': '2.11.0+cu130',
                     'MMEngine': '0.11.0rc3', 'seed': '17', 'GPU number': '1'}
    assert environment_of_log('nothing') == {}
    assert seed_of(dict(randomness=dict(seed=None)), found) == '17'
    assert seed_of(dict(randomness=dict(seed=0)), {}) == '0'
    assert seed_of({}, {}) == 'not fixed'


def test_revision(tmp_path, monkeypatch):
    """Oracle: git itself."""

    def git(*args):
        return subprocess.run(
            ['git', '-c', 'user.name=a', '-c', 'user.email=a@b', *args],
            cwd=tmp_path, check=True, capture_output=True,
            text=True).stdout.strip()

    (tmp_path / 'mtcp_mm').mkdir()
    monkeypatch.setattr(environment, '__file__',
                        str(tmp_path / 'mtcp_mm' / 'a.py'))
    assert git_revision() == ''
    git('init', '-q')
    (tmp_path / 'a').write_text('1')
    git('add', 'a')
    git('commit', '-q', '-m', 'a')
    head = git('rev-parse', 'HEAD')
    assert git_revision() == head[:12]
    (tmp_path / 'b').write_text('not tracked')
    assert git_revision() == head[:12]
    (tmp_path / 'a').write_text('2')
    assert git_revision() == head[:12] + '+'


def test_here():
    here = describe_environment()
    assert here['mtcp_mm'] == __version__
    assert here['torch'] and here['device'] and all(here.values())
