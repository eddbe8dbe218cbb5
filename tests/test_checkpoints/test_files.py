# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: a folder that appears if the code in a file was run."""
import http.server
import os
import threading

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.logging import HistoryBuffer
from mmengine.model import PretrainedInit

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.checkpoints.files import (
    TRUST,
    nothing_foreign,
    read_checkpoint,
)
from mtcp_mm.checkpoints.loading import init_from_checkpoints


class Payload:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.makedirs, (self.path, 0o777, True)


@pytest.fixture
def foreign(tmp_path):
    """A checkpoint with code in it."""
    torch.save(
        dict(state_dict=dict(weight=torch.ones(1, 1), bias=torch.ones(1)),
             meta=Payload(tmp_path / 'ran')), tmp_path / 'foreign.pth')
    return tmp_path / 'foreign.pth'


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Address of the folder."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'cache'))

    class Handler(http.server.SimpleHTTPRequestHandler):

        def __init__(self, *args):
            super().__init__(*args, directory=str(tmp_path))

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f'http://127.0.0.1:{server.server_port}'
        server.shutdown()
        thread.join()


REFUSED = r'foreign.pth holds a `os.makedirs`.*\n.*--trust-checkpoint'


class TestNothingForeign:

    def test_file(self, foreign, tmp_path):
        with pytest.raises(CheckpointError, match=REFUSED):
            read_checkpoint(foreign)
        assert not (tmp_path / 'ran').exists()

    def test_url(self, foreign, served, tmp_path):
        with pytest.raises(CheckpointError, match=REFUSED):
            read_checkpoint(f'{served}/foreign.pth')
        assert (tmp_path / 'cache').exists(), 'it was not even downloaded'
        assert not (tmp_path / 'ran').exists()

    @pytest.mark.parametrize('protocol', [2, 4])
    @pytest.mark.parametrize('zipped', [True, False])
    def test_other_formats(self, tmp_path, zipped, protocol):
        torch.save(
            dict(weight=torch.ones(1), x=Payload(tmp_path / 'ran')),
            tmp_path / 'foreign.pth', pickle_protocol=protocol,
            _use_new_zipfile_serialization=zipped)
        with pytest.raises(CheckpointError):
            read_checkpoint(tmp_path / 'foreign.pth')
        assert not (tmp_path / 'ran').exists()

    def test_trusted(self, foreign, tmp_path, monkeypatch):
        monkeypatch.setenv(TRUST, '1')
        assert set(read_checkpoint(foreign)[1]) == {'weight', 'bias'}
        assert (tmp_path / 'ran').exists()

    def test_what_mmengine_reads_itself(self, foreign, tmp_path):
        """Between our look at a file and its loading it may be changed."""
        good = dict(weight=torch.ones(1, 1), bias=torch.ones(1))
        model = torch.nn.Linear(1, 1)
        model.init_cfg = dict(type='Pretrained', checkpoint=str(
            tmp_path / 'good.pth'))
        torch.save(good, tmp_path / 'good.pth')

        def init_weights():
            foreign.rename(tmp_path / 'good.pth')
            PretrainedInit(str(tmp_path / 'good.pth'))(model)

        with pytest.raises(Exception, match='weights_only'):
            init_from_checkpoints(model, init_weights)
        assert not (tmp_path / 'ran').exists()

    def test_other_reads_are_as_before(self, foreign, tmp_path, monkeypatch):
        monkeypatch.delenv('TORCH_FORCE_WEIGHTS_ONLY_LOAD', raising=False)
        with nothing_foreign():
            pass
        torch.load(foreign, weights_only=False)
        assert (tmp_path / 'ran').exists()


class Getattr:

    def __reduce__(self):
        return getattr, (HistoryBuffer, 'register_statistics')


def test_getattr_reaches_four_methods_only(tmp_path):
    torch.save(dict(a=torch.ones(1), b=Getattr()), tmp_path / 'a.pth')
    with pytest.raises(CheckpointError, match='holds a `builtins.getattr`'):
        read_checkpoint(tmp_path / 'a.pth')


def test_what_runs_leave_is_read(tmp_path):
    """Oracle: what was saved."""
    saved = dict(
        a=torch.ones(1),
        hub=HistoryBuffer([1., 2.], [1, 1]),
        scalars=[np.float32(.5), np.int64(3), np.bool_(True)],
        array=np.arange(3, dtype=np.uint8),
        meta=ConfigDict(classes=('x', ), b=ConfigDict(c=1)))
    torch.save(saved, tmp_path / 'a.pth')
    found, _ = read_checkpoint(tmp_path / 'a.pth')
    assert found['hub'].statistics('mean', 2) == 1.5
    assert found['scalars'] == saved['scalars']
    np.testing.assert_array_equal(found['array'], saved['array'])
    assert found['meta'] == saved['meta']


@pytest.mark.parametrize('content', [
    b'', b'<!DOCTYPE html><html>404</html>',
    b'version https://git-lfs.github.com/spec/v1', bytes(4096)])
def test_no_checkpoint(tmp_path, content):
    (tmp_path / 'page.pth').write_bytes(content)
    with pytest.raises(CheckpointError, match='cannot read .*page.pth') as e:
        read_checkpoint(tmp_path / 'page.pth')
    assert 'weights_only' not in str(e.value), 'bad advice'
