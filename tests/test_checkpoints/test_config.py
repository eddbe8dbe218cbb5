# Copyright (c) mtcp_mm authors. All rights reserved.
from pathlib import Path

import pytest
from mmengine.config import Config

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.checkpoints.config import (
    config_in_checkpoint,
    disarm_resumed_config,
    read_literals,
    without_checkpoints,
)
from mtcp_mm.checkpoints.files import TRUST
from mtcp_mm.utils.settings import load_config_file

CONFIGS = Path(__file__).parents[2] / 'configs'


def test_without_checkpoints():
    cfg = dict(
        init_cfg=dict(checkpoint='http://x'),
        task_checkpoints=dict(depth='z'),
        parts=[dict(pretrained='y', depth=3)])
    assert without_checkpoints(cfg) == dict(
        init_cfg=None,
        task_checkpoints=None,
        parts=[dict(pretrained=None, depth=3)])


@pytest.mark.parametrize('name', [
    p.stem for p in sorted(CONFIGS.glob('mtcp_*.py'))])
def test_read_literals(name):
    """Oracle: mmengine, which runs the text."""
    text = load_config_file(CONFIGS / f'{name}.py').pretty_text
    assert read_literals('a.pth', text) == Config.fromstring(
        text, '.py')._cfg_dict.to_dict()


def in_file(text):
    return 'a.pth', dict(meta=dict(cfg=text))


class TestConfigInCheckpoint:
    """Oracle: a folder that appears if the config was run."""

    @pytest.mark.parametrize('text, message', [
        ('import os; os.mkdir({!r})', 'more than values: `import os`'),
        ("x = __import__('os').mkdir({!r})", 'more than values'),
        ("x = dict(**__import__('os').mkdir({!r}))", 'more than values'),
        ("x = dict(a=[i for i in [__import__('os').mkdir({!r})]])",
         'more than values'),
        ("dict = __import__('os').mkdir\nx = dict({!r})", 'more than values'),
        ("model = dict(type='os.mkdir', path={!r})",
         r"`model.type` = 'os.mkdir'.*in no registry"),
        ("model = dict(neck=[dict(type='subprocess.Popen', args={!r})])",
         r"`model.neck.0.type` = 'subprocess.Popen'"),
        ("model = dict(type='mmengine.load', file={!r})", "'mmengine.load'"),
        ('x = (', 'more than values'),
    ])
    def test_refused(self, tmp_path, text, message):
        text = text.format(str(tmp_path / 'ran'))
        with pytest.raises(CheckpointError, match=f'a.pth: .*{message}') as e:
            config_in_checkpoint(*in_file(text))
        assert '--trust-checkpoint' in str(e.value)
        assert not (tmp_path / 'ran').exists()

    def test_trusted(self, tmp_path, monkeypatch):
        monkeypatch.setenv(TRUST, '1')
        text = f'import os\nos.mkdir({str(tmp_path / "ran")!r})\nx = 1'
        assert config_in_checkpoint(*in_file(text)).x == 1
        assert (tmp_path / 'ran').exists()

    def test_nothing_is_imported(self, tmp_path, monkeypatch):
        (tmp_path / 'evil.py').write_text(
            f'import os\nos.mkdir({str(tmp_path / "ran")!r})')
        monkeypatch.syspath_prepend(tmp_path)
        config_in_checkpoint(*in_file(
            f"custom_imports = dict(imports=['evil'])\n"
            f"_base_ = {str(tmp_path / 'evil.py')!r}"))
        for kind in ('evil', 'evil.X'):
            with pytest.raises(CheckpointError, match='in no registry'):
                config_in_checkpoint(*in_file(f"x = dict(type='{kind}')"))
        assert not (tmp_path / 'ran').exists()


def test_config_of_a_resumed_run(tmp_path):
    """mmengine runs it for `gpu_ids`."""
    meta = dict(config="_base_ = 'evil.py'\ngpu_ids = range(2)")
    with pytest.raises(CheckpointError, match='a.pth: the config in it'):
        disarm_resumed_config('a.pth', meta)
    meta = dict(config="_base_ = 'evil.py'\ngpu_ids = [0, 1]")
    disarm_resumed_config('a.pth', meta)
    assert meta == dict(config='gpu_ids = [0, 1]')
