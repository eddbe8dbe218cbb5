# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: the file that was saved by hand."""
import runpy
import sys
from pathlib import Path

import pytest
import torch

TOOL = Path(__file__).parents[2] / 'tools/model_converters/publish_model.py'


@pytest.fixture
def publish(monkeypatch, capsys):

    def run(*args):
        monkeypatch.setattr(sys, 'argv', ['publish_model.py', *map(str, args)])
        code = 0
        try:
            runpy.run_path(str(TOOL), run_name='__main__')
        except SystemExit as error:
            code = error.code
        return code, ''.join(capsys.readouterr())

    return run


@pytest.mark.parametrize('ema', [True, False])
def test_says_what_it_wrote(publish, tmp_path, ema):
    content = dict(state_dict=dict(a=torch.ones(1)), optimizer={}, meta={})
    if ema:
        content['ema_state_dict'] = {'module.a': torch.zeros(1)}
    torch.save(content, tmp_path / 'a.pth')
    code, text = publish(tmp_path / 'a.pth', tmp_path / 'b.pth')
    file, = tmp_path.glob('b-????????.pth')
    assert code == 0 and f'wrote {file}' in text and 'optimizer' in text
    assert ('averaged weights of EMAHook' in text) == ema
    assert publish(tmp_path / 'a.pth', tmp_path / 'b.pth') == (
        2, f'publish_model.py: error: {file} exists already. Remove it, or '
        'choose another name.\n')


@pytest.mark.parametrize('names, message', [
    (('no.pth', 'b.pth'), 'no.pth does not exist'),
    (('a.pth', 'b.pt'), 'must end in .pth'),
    (('a.pth', 'b.pth'), 'cannot read')])
def test_errors(publish, tmp_path, monkeypatch, names, message):
    monkeypatch.chdir(tmp_path)
    Path('a.pth').write_text('nothing')
    code, text = publish(*names)
    assert code == 2 and message in text
    assert list(tmp_path.iterdir()) == [tmp_path / 'a.pth']
