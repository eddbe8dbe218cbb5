# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracles: what is in the folder at every moment, and the run that was never
cut off."""
import os
import resource
from pathlib import Path

import pytest
import torch
from mmengine.evaluator import BaseMetric
from mmengine.registry import METRICS

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.checkpoints.files import read_checkpoint
from tests.test_bad_inputs.folder import Ear
from tests.test_engine.test_runner import (  # noqa: F401
    RunnerModel,
    build,
    content_of,
    registered,
)


class Rising(BaseMetric):
    """A score that grows in each validation, but for those named."""
    worse, fail_in, count, low = (), None, 0, 0.

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        Rising.count += 1
        if Rising.count == self.fail_in:
            raise KeyboardInterrupt
        return dict(
            acc=self.low if Rising.count in self.worse else Rising.count)


@pytest.fixture(autouse=True)
def metric(monkeypatch):
    monkeypatch.setitem(METRICS._module_dict, 'Rising', Rising)
    monkeypatch.setattr(
        RunnerModel, 'forward', lambda self, x, mode='tensor': dict(
            loss=self.layer(x).square().mean())
        if mode == 'loss' else [0])
    for name in ('worse', 'fail_in', 'count', 'low'):
        monkeypatch.setattr(Rising, name, getattr(Rising, name))


def settings(epochs=3, **hook):
    loader = dict(
        batch_size=1, sampler=dict(type='DefaultSampler', shuffle=False),
        collate_fn=dict(type='default_collate'),
        dataset=dict(type='RunnerData'))
    return dict(
        train_cfg=dict(by_epoch=True, max_epochs=epochs), val_cfg=dict(),
        val_dataloader=loader, val_evaluator=dict(type='Rising'),
        default_hooks=dict(checkpoint=dict(
            type='CheckpointHook', interval=1, save_best='acc',
            rule='greater', **hook)))


def is_whole(file):
    try:
        return bool(read_checkpoint(file))
    except CheckpointError:
        return False


class Watch:
    """Looks at the folder whenever a file comes or goes."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.seen, self.best = folder, 0, False
        for owner, name in ((os, 'replace'), (Path, 'unlink'),
                            (os, 'remove')):
            self.wrap(monkeypatch, owner, name)

    def wrap(self, monkeypatch, owner, name):
        real = getattr(owner, name)

        def call(*args, **kwargs):
            self.look()
            result = real(*args, **kwargs)
            self.look()
            return result

        monkeypatch.setattr(owner, name, call)

    def look(self):
        files = list(self.folder.glob('*.pth'))
        if not files:
            assert not self.seen, 'nothing is left'
            return
        self.seen += 1
        assert all(map(is_whole, files))
        best = [f for f in files if f.name.startswith('best_')]
        assert best or not self.best, 'no best is left'
        self.best |= bool(best)
        pointer = self.folder / 'last_checkpoint'
        if pointer.exists():
            assert Path(pointer.read_text()) in files


class TestWhatIsThere:

    def test_at_every_moment(self, build, tmp_path, monkeypatch):  # noqa
        watch = Watch(tmp_path / 'run', monkeypatch)
        build('run', **settings(max_keep_ckpts=1)).train()
        assert watch.seen > 10 and watch.best
        assert sorted(f.name for f in (tmp_path / 'run').glob('*.pth')) == [
            'best_acc_epoch_3.pth', 'epoch_3.pth']

    def test_write_is_never_in_place(self, build, tmp_path, monkeypatch):  # noqa
        """A kill in the middle of a save: the new file has no name yet."""
        def save(content, file):
            if content['meta']['epoch'] == 2:
                file.write(b'torn')
                raise KeyboardInterrupt
            real(content, file)

        real = torch.save
        monkeypatch.setattr(torch, 'save', save)
        with pytest.raises(KeyboardInterrupt):
            build('run', **settings(max_keep_ckpts=1)).train()
        assert sorted(f.name for f in (tmp_path / 'run').glob('*.pth')) == [
            'best_acc_epoch_1.pth', 'epoch_1.pth']
        assert (tmp_path / 'run/last_checkpoint').read_text() == str(
            tmp_path / 'run/epoch_1.pth')

    @pytest.mark.parametrize('worse', [(1, 2), (1, 2, 3)])
    def test_nan_is_never_best(self, build, tmp_path, worse):  # noqa: F811
        Rising.worse, Rising.low = worse, float('nan')
        runner, ear = build('run', **settings()), Ear()
        runner.logger.addHandler(ear)
        runner.train()
        best = ['best_acc_epoch_3.pth'] * (3 not in worse)
        assert [f.name for f in (tmp_path / 'run').glob('best*')] == best
        text, = (t for t in ear.heard if 'NaN' in t)
        assert text.startswith('acc is NaN') and 'save_best' in text

    def test_leftovers_of_a_kill_go(self, build, tmp_path):  # noqa: F811
        (tmp_path / 'run').mkdir()
        (tmp_path / 'run' / '.epoch_1.pth.4711').write_bytes(b'half')
        build('run', **settings(1)).train()
        assert not list((tmp_path / 'run').glob('.epoch*'))

    def test_disk_full(self, build, tmp_path):  # noqa: F811
        """Oracle: the limit of the system on the size of a file."""
        runner = build('run', model=dict(type='RunnerModel', width=200_000),
                       **settings(1))
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
        try:
            with pytest.raises(OSError, match=(
                    r'a checkpoint of [\d,]{9} bytes could not be written, '
                    r"[\d,]+ are free there.*epoch_1.pth'")):
                runner.train()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert not list((tmp_path / 'run').glob('*.pth*'))
        assert not list((tmp_path / 'run').glob('.*.pth*'))


def same(a, b):
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if hasattr(a, 'data') and hasattr(a, 'statistics'):
        return all((x == y).all() for x, y in zip(a.data, b.data))
    return a == b


def state_of(folder):
    """What a run leaves, but for times and paths."""
    content = content_of(folder / 'epoch_3.pth')
    hub = content['message_hub']
    scalars = {k: v for k, v in hub['log_scalars'].items() if 'time' not in k}
    info = {k: v for k, v in hub['runtime_info'].items()
            if k in ('best_score', 'keep_ckpt_ids', 'validated_iter')}
    return dict(
        {k: content[k] for k in ('state_dict', 'optimizer')},
        scalars=scalars, info=info,
        best={k: Path(v).name for k, v in hub['runtime_info'].items()
              if k == 'best_ckpt'},
        files=sorted(f.name for f in folder.glob('*.pth')))


class TestResumed:

    @pytest.mark.parametrize('worse', [(), (2, ), (1, 2, 3)])
    @pytest.mark.parametrize('fail_in', [1, 2, 3])
    def test_validation_is_made_up(self, build, tmp_path, worse,  # noqa: F811
                                   fail_in):
        Rising.worse = worse
        build('whole', **settings(max_keep_ckpts=1)).train()
        Rising.count, Rising.fail_in = 0, fail_in
        with pytest.raises(KeyboardInterrupt):
            build('cut', **settings(max_keep_ckpts=1)).train()
        Rising.count, Rising.fail_in = fail_in - 1, None
        build('cut', **settings(max_keep_ckpts=1), resume=True).train()
        assert Rising.count == 3
        whole, cut = (state_of(tmp_path / name) for name in ('whole', 'cut'))
        assert same(whole, cut)

    def test_no_validation_twice(self, build, tmp_path):  # noqa: F811
        build('run', **settings(2)).train()
        build('run', **settings(3), resume=True).train()
        assert Rising.count == 3

    def test_moved_run_leaves_its_old_place_alone(
            self, build, tmp_path):  # noqa: F811
        build('old', **settings(2)).train()
        there = {f.name for f in (tmp_path / 'old').glob('*.pth')}
        (tmp_path / 'new').mkdir()
        for name in there:
            (tmp_path / 'new' / name).write_bytes(
                (tmp_path / 'old' / name).read_bytes())
        build('new', **settings(3), resume=True).train()
        assert {f.name for f in (tmp_path / 'old').glob('*.pth')} == there
        assert [f.name for f in (tmp_path / 'new').glob('best*')] == [
            'best_acc_epoch_3.pth']
