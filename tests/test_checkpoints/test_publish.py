# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: the content that was saved, and coreutils' sha256sum."""
import subprocess

import pytest
import torch
from mmengine.logging import HistoryBuffer

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.checkpoints.publish import publish


@pytest.fixture
def source(tmp_path):
    torch.save(
        dict(
            state_dict={'module.a.b': torch.ones(2),
                        'module.loss_weighting.s': torch.ones(1)},
            ema_state_dict={'module.a.b': torch.zeros(2)},
            meta=dict(cfg='model = 1', dataset_meta=dict(classes=('x', )),
                      hook_msgs=dict(last_ckpt='/home/me/epoch_1.pth')),
            optimizer=dict(state={}),
            lps=dict(sums={}),
            message_hub=dict(x=HistoryBuffer([1.], [1]))),
        tmp_path / 'epoch_1.pth')
    return tmp_path / 'epoch_1.pth'


def test_content(source, tmp_path):
    file, dropped = publish(source, tmp_path / 'new' / 'net.th.pth')
    assert dropped == ['ema_state_dict', 'optimizer', 'lps', 'message_hub',
                       'loss_weighting.s']
    content = torch.load(file, weights_only=True)  # nothing foreign in it
    assert content['meta'] == dict(
        cfg='model = 1', dataset_meta=dict(classes=('x', )))
    assert list(content) == ['meta', 'state_dict']
    assert list(content['state_dict']) == ['a.b']
    assert torch.equal(content['state_dict']['a.b'], torch.ones(2))


def test_name_is_that_of_openmmlab(source, tmp_path):
    file, _ = publish(source, tmp_path / 'new' / 'net.th.pth')
    digits = subprocess.check_output(['sha256sum', file], text=True)[:8]
    assert file.name == f'net.th-{digits}.pth'
    assert list(file.parent.iterdir()) == [file]


def test_never_overwrites(source, tmp_path):
    """The same content has the same name."""
    file, _ = publish(source, tmp_path / 'net.pth')
    before = file.stat().st_mtime_ns
    with pytest.raises(CheckpointError, match=f'{file} exists already'):
        publish(source, tmp_path / 'net.pth')
    assert file.stat().st_mtime_ns == before
    assert sorted(tmp_path.iterdir()) == [source, file]


def test_refuses_nan(tmp_path):
    weight = torch.tensor([1., float('nan')])
    torch.save(dict(state_dict=dict(a=weight)), tmp_path / 'bad.pth')
    with pytest.raises(CheckpointError, match='bad.pth holds NaN in 1 of 1'):
        publish(tmp_path / 'bad.pth', tmp_path / 'net.pth')
    assert [p.name for p in tmp_path.iterdir()] == ['bad.pth']


def test_plain_tensors(tmp_path):
    torch.save(dict(a=torch.ones(1), epoch=3), tmp_path / 'a.pth')
    file, dropped = publish(tmp_path / 'a.pth', tmp_path / 'b.pth')
    assert dropped == ['epoch']
    assert list(torch.load(file)['state_dict']) == ['a']


def test_half(tmp_path):
    """Oracle: what NumPy rounds to; counts stay whole numbers."""
    value = torch.tensor([1 / 3, -2e-3, 6e4])
    torch.save(
        dict(state_dict=dict(a=value, n=torch.tensor(70000))),
        tmp_path / 'net.pth')
    file, _ = publish(tmp_path / 'net.pth', tmp_path / 'small.pth', half=True)
    state = torch.load(file, weights_only=True)['state_dict']
    assert state['a'].dtype == torch.float16
    assert (state['a'].numpy() == value.numpy().astype('f2')).all()
    assert state['n'] == 70000


def test_half_refuses_what_16_bits_cannot_hold(tmp_path):
    torch.save(dict(state_dict=dict(a=torch.tensor([7e4]))),
               tmp_path / 'net.pth')
    with pytest.raises(CheckpointError, match='first is a, .*65504'):
        publish(tmp_path / 'net.pth', tmp_path / 'small.pth', half=True)
    assert len(list(tmp_path.iterdir())) == 1
