# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: the optimizer of another network, built by hand."""
import os
from pathlib import Path

import pytest
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch import nn

from mtcp_mm.checkpoints import resuming
from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.checkpoints.resuming import check_resumable, newest_whole


def trained(net, kind=torch.optim.AdamW, groups=None, **options):
    """An optimizer that has made one step."""
    optimizer = kind(groups or net.parameters(), lr=.1, **options)
    sum(p.square().sum() for p in net.parameters()).backward()
    optimizer.step()
    return OptimWrapper(optimizer)


def saved(wrapper):
    return dict(meta={}, message_hub={}, optimizer=wrapper.state_dict())


@pytest.mark.parametrize('kind, options, key', [
    (torch.optim.AdamW, dict(fused=True), 'exp_avg'),
    (torch.optim.SGD, dict(momentum=.9), 'momentum_buffer')])
def test_other_shape(kind, options, key):
    net, wider = nn.Linear(2, 3), nn.Linear(2, 4)
    check_resumable(
        saved(trained(nn.Linear(2, 3), kind, **options)),
        trained(net, kind, **options), net, 'a.pth')
    with pytest.raises(CheckpointError, match=rf'a.pth.*\n.*`{key}` of weight '
                       r'is \(4, 2\) in the file, the parameter \(3, 2\)'):
        check_resumable(
            saved(trained(wider, kind, **options)),
            trained(net, kind, **options), net, 'a.pth')


def test_state_of_other_shape_by_nature():
    """Adafactor factorises its moments."""
    net = nn.Linear(2, 3)
    wrapper = trained(net, torch.optim.Adafactor)
    assert {v.shape for v in wrapper.optimizer.state[net.weight].values()
            } != {net.weight.shape}
    check_resumable(saved(wrapper), wrapper, net, 'a.pth')


@pytest.mark.parametrize('old, new, key', [
    (torch.optim.AdamW, torch.optim.SGD, 'momentum'),
    (torch.optim.SGD, torch.optim.AdamW, 'betas')])
def test_other_type(old, new, key):
    net = nn.Linear(2, 3)
    with pytest.raises(CheckpointError, match=f'another type.*lacks.* {key}'):
        check_resumable(saved(trained(net, old)), trained(net, new), net, 'a')


def test_options_of_a_scheduler_or_a_newer_torch():
    """Some options of one side alone, which torch takes."""
    net = nn.Linear(2, 3)
    state = saved(trained(net))
    group = state['optimizer']['param_groups'][0]
    group['initial_lr'] = .1
    group.pop('fused')
    check_resumable(state, trained(net), net, 'a.pth')


def test_other_groups():
    net = nn.Linear(2, 3)
    two = trained(net, groups=[dict(params=[net.weight]),
                               dict(params=[net.bias])])
    with pytest.raises(CheckpointError, match='2 parameters in 2 groups, but '
                       'this run has 2 in 1'):
        check_resumable(saved(two), trained(net), net, 'a.pth')


def test_several_optimizers():
    nets = nn.ModuleDict(dict(a=nn.Linear(1, 1), b=nn.Linear(1, 2)))
    wrappers = OptimWrapperDict(a=trained(nets.a), b=trained(nets.b))
    check_resumable(saved(wrappers), wrappers, nets, 'a.pth')
    wrong = saved(OptimWrapperDict(a=trained(nets.a), b=trained(nets.a)))
    with pytest.raises(CheckpointError, match='optimizer b .*of b.weight'):
        check_resumable(wrong, wrappers, nets, 'a.pth')


def test_published():
    net = nn.Linear(1, 1)
    with pytest.raises(CheckpointError, match='lacks message_hub, optimizer'):
        check_resumable(dict(meta={}, state_dict={}), trained(net), net, 'a')


def write(file, size=40_000):
    torch.save(dict(state_dict=dict(a=torch.arange(size)), meta={},
                    message_hub={}, optimizer={}), file)


def zeroed(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2:len(content) // 2 + 4096] = bytes(4096)
    file.write_bytes(content)


DAMAGE = {
    'torn': lambda f: f.write_bytes(f.read_bytes()[:-5000]),
    'zeroed': zeroed,
    'empty': lambda f: f.write_bytes(b''),
    'text': lambda f: f.write_text('<html>'),
    'published': lambda f: torch.save(dict(a=torch.ones(1)), f),
    'NaN': lambda f: torch.save(
        dict(torch.load(f), state_dict=dict(a=torch.tensor(torch.nan))), f),
}


class TestNewestWhole:
    """Oracle: the names and the order in which they were written."""

    @pytest.fixture
    def folder(self, tmp_path):
        for i, name in enumerate((
                'epoch_9', 'epoch_10', 'epoch_11', 'best_acc_epoch_11')):
            write(tmp_path / f'{name}.pth')
            os.utime(tmp_path / f'{name}.pth', (i, i))
        (tmp_path / 'last_checkpoint').write_text(
            str(tmp_path / 'epoch_11.pth'))
        return tmp_path

    def found(self, folder):
        return Path(newest_whole(folder)).relative_to(folder).as_posix()

    def test_last(self, folder, caplog):
        assert self.found(folder) == 'epoch_11.pth'

    @pytest.mark.parametrize('damage', DAMAGE)
    def test_damaged(self, folder, damage, capsys):
        DAMAGE[damage](folder / 'epoch_11.pth')
        os.utime(folder / 'epoch_11.pth', (9, 9))
        assert self.found(folder) == 'epoch_10.pth'
        DAMAGE[damage](folder / 'epoch_10.pth')
        assert self.found(folder) == 'epoch_9.pth'
        DAMAGE[damage](folder / 'epoch_9.pth')
        with pytest.raises(CheckpointError) as error:
            newest_whole(folder)
        for name in ('epoch_9.pth', 'epoch_10.pth', 'epoch_11.pth'):
            assert name in str(error.value)

    @pytest.mark.parametrize('text', [
        None, '', '/elsewhere/epoch_11.pth', 'epoch_7.pth', '\0\0\0', '.'])
    def test_pointer(self, folder, text):
        (folder / 'last_checkpoint').unlink()
        if text is not None:
            (folder / 'last_checkpoint').write_text(text)
        assert self.found(folder) == 'epoch_11.pth'

    def test_it_says_what_it_passed_over(self, folder, monkeypatch):
        said = []
        monkeypatch.setattr(
            resuming, 'print_log', lambda text, *_: said.append(text))
        newest_whole(folder)
        assert not said
        DAMAGE['zeroed'](folder / 'epoch_11.pth')
        newest_whole(folder)
        assert f'Resuming from {folder}/epoch_10.pth' in said[0]
        assert f'{folder}/epoch_11.pth' in said[0] and 'damaged' in said[0]

    def test_copied_in_another_order(self, folder):
        for i in (10, 9, 11):
            os.utime(folder / f'epoch_{i}.pth', (-i, -i))
        assert self.found(folder) == 'epoch_11.pth'

    def test_of_another_start_in_the_same_folder(self, folder):
        """epoch_11 is of yesterday, the pointer of today."""
        write(folder / 'epoch_2.pth')
        (folder / 'last_checkpoint').write_text('epoch_2.pth')
        assert self.found(folder) == 'epoch_2.pth'

    def test_folder_of_the_hook(self, folder, tmp_path):
        (tmp_path / 'w').mkdir()
        assert newest_whole(tmp_path / 'w') is None
        (tmp_path / 'w/last_checkpoint').write_text(
            str(folder / 'epoch_10.pth'))
        assert newest_whole(tmp_path / 'w') == str(folder / 'epoch_11.pth')

    def test_never_anew_over_others(self, tmp_path):
        write(tmp_path / 'best_acc_epoch_1.pth')
        with pytest.raises(CheckpointError, match='best_acc_epoch_1'):
            newest_whole(tmp_path)
