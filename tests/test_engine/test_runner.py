# Copyright (c) mtcp_mm authors. All rights reserved.
import copy

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, HOOKS, MODELS
from mmengine.runner import CheckpointLoader, Runner
from torch import nn

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.models.weighting import DWAWeighting
from mtcp_mm.registry import RUNNERS


class RunnerData(torch.utils.data.Dataset):
    metainfo = {}

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return dict(x=torch.full((3, ), 1. + i))


class RunnerModel(BaseModel):

    def __init__(self, width, weighting=False):
        super().__init__()
        self.layer = nn.Linear(3, width)
        self.loss_weighting = nn.Linear(1, 1) if weighting else nn.Identity()

    def forward(self, x, mode='tensor'):
        loss = self.layer(x).square().mean()
        if isinstance(self.loss_weighting, nn.Linear):
            loss = self.loss_weighting(loss.reshape(1, 1)).sum()
        return dict(loss=loss)


class Witness(Hook):
    calls = []

    def after_load_checkpoint(self, runner, checkpoint):
        self.calls.append(checkpoint)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    for registry, cls in ((DATASETS, RunnerData), (MODELS, RunnerModel),
                          (HOOKS, Witness)):
        monkeypatch.setitem(registry._module_dict, cls.__name__, cls)
    Witness.calls.clear()


@pytest.fixture
def build(tmp_path):
    """A runner by the name that configs give it."""

    def build(name, optimizer=None, hooks=(), **settings):
        cfg = dict(
            runner_type='mtcp_mm.MultiTaskRunner',
            model=dict(type='RunnerModel', width=4),
            randomness=dict(seed=0),
            work_dir=str(tmp_path / name),
            experiment_name=f'{tmp_path}/{name}',
            train_dataloader=dict(
                batch_size=1,
                sampler=dict(type='DefaultSampler', shuffle=False),
                collate_fn=dict(type='default_collate'),
                dataset=dict(type='RunnerData')),
            optim_wrapper=dict(
                optimizer=optimizer or dict(type='AdamW', lr=.1, fused=True)),
            train_cfg=dict(by_epoch=True, max_epochs=1),
            custom_hooks=[dict(type='Witness'), *hooks])
        cfg = Config(dict(copy.deepcopy(cfg), **settings))
        runner = RUNNERS.build(cfg)
        assert isinstance(runner, Runner)
        return runner

    return build


@pytest.fixture
def epoch_1(build, tmp_path):
    build('first').train()
    return str(tmp_path / 'first' / 'epoch_1.pth')


def content_of(path):
    return torch.load(path, weights_only=False)


def resumed(epoch_1, epochs=2, **settings):
    return dict(
        load_from=epoch_1,
        resume=True,
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        **settings)


@pytest.mark.parametrize('hooks', [
    (), (dict(type='mtcp_mm.EpochWeightingHook'), )])
def test_epoch_weights_without_a_hook_are_told(build, caplog, hooks):
    runner = build('no_hook', hooks=hooks)
    runner.model.loss_weighting = DWAWeighting(['a'])
    runner.model.main_losses = {}
    runner.logger.addHandler(caplog.handler)
    runner.train()
    runner.logger.removeHandler(caplog.handler)
    assert ('DWAWeighting stay 1' in caplog.text) == (not hooks)


@pytest.mark.parametrize('left_out', ['seed', 'step_guard', None])
def test_own_hooks_can_be_left_out(build, left_out):
    """Oracle: mmengine's rule for its own default hooks, None: not there."""
    settings = dict(default_hooks={left_out: None}) if left_out else {}
    found = {type(hook).__name__ for hook in build('a', **settings).hooks}
    own = dict(seed='SeedHook', step_guard='StepGuardHook')
    missing = set(own.values()) - found
    assert missing == ({own[left_out]} if left_out else set())
    assert 'MultiTaskCheckpointHook' in found


class TestResume:

    def test_equals_the_uninterrupted_run(self, build, epoch_1, tmp_path):
        """Oracle: mmengine's own runner, which never stopped."""
        settings = dict(train_cfg=dict(by_epoch=True, max_epochs=2))
        build('whole', runner_type='Runner', **settings).train()
        build('second', **resumed(epoch_1)).train()
        whole, second = (content_of(tmp_path / name / 'epoch_2.pth')
                         for name in ('whole', 'second'))
        assert whole['state_dict'].keys() == second['state_dict'].keys()
        for key, value in whole['state_dict'].items():
            assert torch.equal(second['state_dict'][key], value)
        assert second['meta']['iter'] == whole['meta']['iter'] == 4

    @pytest.mark.parametrize('unit, done', [('epoch', 1), ('iter', 2)])
    @pytest.mark.parametrize('more', [0, 1])
    def test_of_a_finished_run_says_so(self, build, epoch_1, caplog, unit,
                                       done, more):
        runner = build('again', load_from=epoch_1, resume=True, train_cfg={
            'by_epoch': unit == 'epoch', f'max_{unit}s': done + more})
        runner.logger.addHandler(caplog.handler)
        runner.train()
        runner.logger.removeHandler(caplog.handler)
        told = (f'epoch_1.pth has seen {done} {unit}s, and train_cfg.max_'
                f'{unit}s = {done}. To go on')
        assert (told in caplog.text) == (not more)

    def test_other_width_with_fused_adam(self, build, epoch_1):
        """It used to end in a segmentation fault."""
        runner = build('second', **resumed(
            epoch_1, model=dict(type='RunnerModel', width=3)))
        with pytest.raises(CheckpointError, match=r'layer.weight is \(4, 3\)'):
            runner.train()
        assert not Witness.calls

    @pytest.mark.parametrize('allow', [[], ['layer.*']])
    def test_other_moments_with_fused_adam(self, build, epoch_1, allow):
        """The state of the optimizer is asked for its own shapes, too."""
        content = content_of(epoch_1)
        state = content['optimizer']['state'][0]
        state['exp_avg'] = torch.zeros(1, 3)
        torch.save(content, epoch_1)
        runner = build('second', **resumed(epoch_1, allow_partial=allow))
        before = copy.deepcopy(runner.model.state_dict())
        with pytest.raises(CheckpointError, match='`exp_avg` of layer.weight '
                           r'is \(1, 3\) in the file'):
            runner.train()
        assert not Witness.calls
        for key, value in runner.model.state_dict().items():
            assert torch.equal(value, before[key])

    @pytest.mark.parametrize('damage', ['torn', 'pointer'])
    def test_newest_whole(self, build, epoch_1, tmp_path, damage):
        """`resume=True` alone, as mmseg's `tools/train.py --resume`."""
        first = tmp_path / 'first'
        if damage == 'torn':
            (first / 'epoch_2.pth').write_bytes(b'torn')
        else:
            (first / 'last_checkpoint').unlink()
        settings = dict(resumed(epoch_1), load_from=None)
        runner = build('first', **settings)
        runner.train()
        assert runner._load_from == epoch_1
        assert content_of(first / 'epoch_2.pth')['meta']['iter'] == 4

    def test_never_anew_over_others(self, build, epoch_1, tmp_path):
        (tmp_path / 'first/epoch_1.pth').write_bytes(b'')
        with pytest.raises(CheckpointError, match='none to resume from'):
            build('first', resume=True).train()

    def test_config_of_the_file_is_not_run(self, build, epoch_1, tmp_path):
        """Oracle: a folder that appears if it was."""
        content = content_of(epoch_1)
        content['meta']['config'] = f'import os; os.mkdir("{tmp_path}/ran")'
        torch.save(content, epoch_1)
        with pytest.raises(CheckpointError, match='more than values'):
            build('second', **resumed(epoch_1)).train()
        content['meta']['config'] = 'gpu_ids = [0, 1]'
        torch.save(content, epoch_1)
        with pytest.raises(RuntimeError, match='Number of GPUs'):  # mmengine
            build('third', **resumed(epoch_1)).train()
        assert not (tmp_path / 'ran').exists()

    def test_weighting_is_required(self, build, epoch_1):
        runner = build('second', **resumed(
            epoch_1, model=dict(type='RunnerModel', width=4, weighting=True)))
        with pytest.raises(CheckpointError, match='loss_weighting.weight'):
            runner.train()

    def test_average_of_ema_hook(self, build, tmp_path):
        """Oracle: the file; mmengine keeps the average where the weights
        are, and the hook brings both back."""
        ema = dict(hooks=[dict(type='EMAHook')])
        build('first', **ema).train()
        first = str(tmp_path / 'first' / 'epoch_1.pth')
        content = content_of(first)
        # as from DDP
        content['state_dict'] = {
            f'module.{k}': v for k, v in content['state_dict'].items()}
        torch.save(content, first)
        runner = build('second', **resumed(first, epochs=1), **ema)
        runner.train()
        hook, = (h for h in runner.hooks if type(h).__name__ == 'EMAHook')
        weights, average = (content['ema_state_dict']['module.layer.weight'],
                            content['state_dict']['module.layer.weight'])
        assert not torch.equal(weights, average)
        assert torch.equal(hook.ema_model.module.layer.weight, average)
        assert torch.equal(runner.model.layer.weight, weights)


class TestLoadFrom:
    """Oracle: the numbers in the file."""

    def test_loads(self, build, epoch_1, monkeypatch):
        reads, read = [], CheckpointLoader.load_checkpoint
        monkeypatch.setattr(CheckpointLoader, 'load_checkpoint', lambda *a, **
                            k: reads.append(a) or read(*a, **k))
        runner = build('second', load_from=epoch_1)
        runner.load_or_resume()
        for key, value in content_of(epoch_1)['state_dict'].items():
            assert torch.equal(runner.model.state_dict()[key], value)
        assert reads == [(epoch_1, )]
        assert Witness.calls[0]['meta']['epoch'] == 1

    def test_other_width(self, build, epoch_1):
        runner = build('second', load_from=epoch_1,
                       model=dict(type='RunnerModel', width=3))
        with pytest.raises(CheckpointError, match='does not fit the model'):
            runner.train()
        assert not Witness.calls

    def test_allowed_by_the_config(self, build, epoch_1):
        """For models that have no `allow_partial`, such as mmseg's."""
        runner = build('second', load_from=epoch_1, allow_partial=['layer.*'],
                       model=dict(type='RunnerModel', width=3))
        before = copy.deepcopy(runner.model.state_dict())
        runner.load_or_resume()
        for key, value in runner.model.state_dict().items():
            assert torch.equal(value, before[key])

    def test_weighting_starts_anew(self, build, epoch_1, tmp_path):
        runner = build(
            'second', load_from=epoch_1,
            model=dict(type='RunnerModel', width=4, weighting=True))
        runner.load_or_resume()
        log, = (tmp_path / 'second').glob('*/*.log')
        assert ('initialised by their own rules: 2 keys\n'
                '    loss_weighting.weight') in log.read_text()

    def test_renamed_keys(self, build, epoch_1):
        runner = build('second')
        runner.load_checkpoint(
            epoch_1, revise_keys=[('^layer', 'liar'), ('^liar', 'layer')])
        assert torch.equal(runner.model.layer.weight,
                           content_of(epoch_1)['state_dict']['layer.weight'])
        with pytest.raises(CheckpointError, match='only in .* liar.weight'):
            runner.load_checkpoint(epoch_1, revise_keys=[('^layer', 'liar')])
