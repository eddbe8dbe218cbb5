# Copyright (c) mtcp_mm authors. All rights reserved.
"""What the tools say in place of a stack, and that a bug still shows one.

Oracle: the words that name what was written wrong here.
"""
import argparse
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.optim import build_optim_wrapper
from mmengine.registry import HOOKS, RUNNERS, init_default_scope
from torch.utils.data import DataLoader

from mtcp_mm.cli.launch import (
    add_cfg_options,
    device_name,
    read_config,
    run_tool,
)
from mtcp_mm.engine.runner import MultiTaskRunner
from mtcp_mm.records.logs import read_log
from mtcp_mm.registry import MODELS
from mtcp_mm.tasks import build_tasks
from mtcp_mm.tasks.scale import nice_ceiling
from mtcp_mm.utils.task_agreement import check_task_agreement
from .folder import read

ROOT = Path(__file__).parents[2]
DEMO = ROOT / 'configs/mtcp_demo.py'
OPTIMIZER = 'optim_wrapper = dict(optimizer=dict(type="{}", lr=.1))'

BINARY = ROOT / 'tests/fixtures/mask2former_hf/expected.npz'
ENDLESS = '{}_dataloader = dict(sampler=dict(type="InfiniteSampler"))'


def told(monkeypatch, capsys, main, *args):
    """Message of a tool that ends with exit code 2."""
    monkeypatch.setattr(sys, 'argv', ['tool.py', *map(str, args)])
    # what it was made with may be that of a test before, closed by now
    monkeypatch.setattr(MMLogger.get_current_instance().handlers[0],
                        'stream', sys.stderr)
    with pytest.raises(SystemExit) as end:
        run_tool(main)
    text = capsys.readouterr().err
    assert end.value.code == 2 and 'Traceback' not in text
    return text


def load():
    parser = argparse.ArgumentParser()
    parser.add_argument('config')
    add_cfg_options(parser)
    read_config(parser.parse_args())


#: text of a config, options, words
CONFIGS = {
    'syntax': ('model = dict(\n', [], ['c.py', 'line 1', 'never closed']),
    'unknown name': ('a = 1\nb = nix\n', [], ['c.py', "'nix'"]),
    'no base': ('_base_ = "none.py"', [], ['c.py', 'none.py', 'No such']),
    'two bases': ('_base_ = [1]', [], ['c.py']),
    'LFS': ('version https://git-lfs.github.com/spec/v1', [], ['c.py']),
    'max_epochs=0': ('train_cfg = dict(by_epoch=True, max_epochs=0)', [],
                     ['max_epochs = 0', '>= 1']),
    'max_epochs text': ('train_cfg = dict(by_epoch=True, max_epochs="x")',
                        [], ["max_epochs = 'x'", '>= 1']),
    'max_iters=-1': ('train_cfg = dict(max_iters=-1)', [],
                     ['max_iters = -1', '>= 1']),
    'optimizer': (OPTIMIZER.format('Adamm'), [], ["'Adamm'", '`Adam']),
    'optimizer SDG': (OPTIMIZER.format('SDG'), [], ["'SDG'", '`SGD`']),
    'scale (0, 0)': ('a = [dict(type="Resize", scale=(0, 0))]', [],
                     ['a.0.scale', '(0, 0)', 'above 0']),
    'crop (4, -5)': ('a = dict(type="RandomCrop", crop_size=(4, -5))', [],
                     ['a.crop_size', '(4, -5)', 'above 0']),
    'no pair': ('', ['foo'], ['--cfg-options', "'foo'", 'KEY=VALUE']),
    'no key': ('', ['=1'], ['--cfg-options', "'=1'", 'KEY=VALUE']),
    'brackets': ('', ['resume=[(1,2]'], ['--cfg-options', 'resume=[(1,2]']),
    'unread': ('', ['zebra=1'], ['zebra', 'nothing reads it']),
    'env_cfg': ('env_cfg = dict(cudnn_bench=True)', [],
                ['`env_cfg.cudnn_bench`', '`cudnn_benchmark`']),
    'mp_cfg': ('env_cfg = dict(mp_cfg=dict(mp_start_methd="spawn"))', [],
               ['`env_cfg.mp_cfg.mp_start_methd`', '`mp_start_method`']),
    'option env_cfg': ('env_cfg = dict(dist_cfg=dict(backend="nccl"))',
                       ['env_cfg.zebra=1'],
                       ['`env_cfg.zebra`', 'resource_limit']),
    'val_interval=0': ('train_cfg = dict(by_epoch=True, val_interval=0)', [],
                       ['train_cfg.val_interval = 0', '>= 1']),
    'start_factor': ('param_scheduler = [dict(type="LinearLR")]',
                     ['param_scheduler.0.start_factor=0'],
                     ['param_scheduler.0.start_factor = 0', 'above 0']),
    'endless': ('train_cfg = dict(by_epoch=True)\n' + ENDLESS.format('train'),
                [], ['train_dataloader.sampler.type', 'IterBasedTrainLoop']),
    'endless test': (ENDLESS.format('test'), [],
                     ['test_dataloader.sampler.type', 'DefaultSampler']),
    'loader': ('train_dataloader = dict(batch_size=1)',
               ['train_dataloader.num_worker=0'],
               ['`train_dataloader.num_worker`', '`num_workers`']),
    'hook': ('default_hooks = dict(logger=dict(type="LoggerHook"))',
             ['default_hooks.chekpoint.interval=2'],
             ['default_hooks.chekpoint', 'lacks `type`', '`checkpoint`']),
    'resume': ('', ['resume=yess'], ["resume = 'yess'", 'True or False']),
    'log_level': ('', ['log_level=INFOO'], ["log_level = 'INFOO'", 'DEBUG']),
    'seed': ('', ['randomness.seed=abc'],
             ["randomness.seed = 'abc'", 'whole number']),
    'below a number': ('resume = 3', ['resume.a=1'], ['c.py', 'resume']),
}
for wrong, right in (('max_epoch', 'max_epochs'), ('data_rot', 'data_root'),
                     ('train_dataloder.batch_size', 'train_dataloader'),
                     ('optim_wraper.optimizer.lr', 'optim_wrapper'),
                     ('modell.type', 'model'), ('task', 'tasks'),
                     ('custom_hook', 'custom_hooks'),
                     ('imagescale', 'image_scale'),
                     ('loadfrom', 'load_from')):
    CONFIGS[f'option {wrong}'] = '', [f'{wrong}=7'], [wrong, f'`{right}`']
for wrong, value, right in (
    ('max_epoch', 3, 'max_epochs'), ('custom_hook', [], 'custom_hooks'),
    ('train_dataloder', dict(batch_size=2), 'train_dataloader'),
    ('data_roots', 'x', 'data_root'), ('crop_sizes', (2, 2), 'crop_size'),
    ('randomnes', dict(seed=1), 'randomness'),
    ('val_evaluater', dict(type='A'), 'val_evaluator'),
        ('param_schedulers', [], 'param_scheduler')):
    CONFIGS[f'key {wrong}'] = f'{wrong} = {value!r}', [], [
        'c.py', f'`{wrong}`', f'`{right}`']


@pytest.mark.parametrize('case', CONFIGS)
def test_configs(tmp_path, monkeypatch, capsys, case):
    text, options, words = CONFIGS[case]
    file = tmp_path / 'c.py'
    file.write_text(text)
    options = ['--cfg-options', *options] if options else []
    said = told(monkeypatch, capsys, load, file, *options)
    assert not [w for w in words if w not in said], said


def test_endless_sampler_with_iterations(tmp_path, monkeypatch):
    file = tmp_path / 'c.py'
    file.write_text('train_cfg = dict(type="IterBasedTrainLoop", max_iters=1)'
                    '\nlog_level = 20\n' + ENDLESS.format('train'))
    monkeypatch.setattr(sys, 'argv', ['tool.py', str(file)])
    run_tool(load)


def test_no_config(monkeypatch, capsys):
    said = told(monkeypatch, capsys, load, ROOT / 'configs/mtcp_demoo.py')
    assert 'mtcp_demoo.py does not exist' in said and 'mtcp_nyud.py' in said


@pytest.mark.parametrize('script, args, words', [
    ('test.py', ['c.py', ''], ['checkpoint', 'is empty']),
    ('test.py', ['c.py', 'a.pth'], ['a.pth is a folder', '(a.pth has b.pth)']),
    ('test.py', ['k.pth', 'c.py'], ['k.pth', '.py', 'config comes first']),
    ('run_experiments.py', ['a.pth'], ['a.pth is a folder', 'b.pth']),
    ('run_experiments.py', ['l.yml'], ['config a.pth is a folder']),
    ('model_converters/publish_model.py', ['a.pth', 'b.pth'],
     ['a.pth is a folder'])])
def test_files_that_are_none(tmp_path, monkeypatch, capsys, script, args,
                             words):
    (tmp_path / 'a.pth').mkdir()
    for name in ('a.pth/b.pth', 'k.pth', 'c.py'):
        (tmp_path / name).touch()
    (tmp_path / 'l.yml').write_text(
        'experiments:\n- {name: a, config: a.pth}\n')
    monkeypatch.chdir(tmp_path)
    main = runpy.run_path(str(ROOT / 'tools' / script))['main']
    said = told(monkeypatch, capsys, main, *args)
    assert not [w for w in words if w not in said], said
    assert 'does not exist' not in said


def test_variables_are_no_misspelt_keys(tmp_path, monkeypatch):
    """A value that is used stands where it is used."""
    file = tmp_path / 'c.py'
    file.write_text('data_roots = "x"\ndatasets = [dict(a=1)]\nzebra = 3\n'
                    'val_dataloader = dict(dataset=dict(type="A", b=datasets,'
                    ' data_root=data_roots))')
    monkeypatch.setattr(sys, 'argv', ['tool.py', str(file)])
    run_tool(load)


@pytest.mark.parametrize('config', sorted(
    f.name for f in (ROOT / 'configs').glob('*.py')))
def test_shipped_configs_pass(monkeypatch, config):
    monkeypatch.setattr(sys, 'argv', ['t.py', str(ROOT / 'configs' / config)])
    run_tool(load)


def broken_worker():
    """An error of a worker of a data loader."""

    class Broken(torch.utils.data.Dataset):

        def __len__(self):
            return 1

        def __getitem__(self, i):
            return build_tasks({})

    next(iter(DataLoader(Broken(), num_workers=1)))


BUILDS = {
    'type': (lambda: MODELS.build(dict(type='mtcp_mm.MTCPHed')),
             ['mtcp_mm.MTCPHed', '`mtcp_mm.MTCPHead`']),
    'no type': (lambda: HOOKS.build(dict(interval=3)),
                ['hook lacks `type`', 'interval=3']),
    'argument': (lambda: HOOKS.build(dict(type='LoggerHook', intervall=3)),
                 ['LoggerHook', "'intervall'", '`interval`']),
    'kappa': (lambda: MODELS.build(dict(
        type='mtcp_mm.LPSWeighting', kappa='abc')),
              ['LPSWeighting', "kappa='abc'"]),
    'lr': (lambda: build_optim_wrapper(torch.nn.Linear(1, 1), dict(
        optimizer=dict(type='AdamW', lr='fast'))), ['AdamW', "lr='fast'"]),
    'checkpoint hook': (lambda: HOOKS.build(dict(
        type='mtcp_mm.MultiTaskCheckpointHook', max_kep_ckpts=2)),
                        ['checkpoint.max_kep_ckpts', '`max_keep_ckpts`']),
    'task None': (lambda: check_task_agreement(
        dict(model=dict(tasks=dict(a=None)))),
                  ['`a` is None', '_delete_=True']),
    'no task': (lambda: check_task_agreement(dict(model=dict(tasks='{}'))),
                ["`tasks` = '{}'", 'at least one']),
    'no log': (lambda: read_log(BINARY), [BINARY.name, 'no log', 'scalars']),
    'no model': (lambda: RUNNERS.build(dict(
        type='mtcp_mm.MultiTaskRunner', cfg=1)), ['MultiTaskRunner']),
    'tasks': (lambda: build_tasks({}), ['`tasks`', '{}']),
    'worker': (broken_worker, ['error: `tasks`', '{}']),
    **{f'paramwise_cfg of {kind}': (
        lambda kind=kind: MultiTaskRunner.build_optim_wrapper(None, dict(
            kind, optimizer={}, paramwise_cfg=dict(custom_keyz=5))),
        ['paramwise_cfg.custom_keyz', '`custom_keys`'])
       for kind in (dict(), dict(constructor='DefaultOptimWrapperConstructor'))
       },
    'file': (lambda: open('/none/a.json'), ['/none/a.json', 'No such']),
}


@pytest.mark.parametrize('case', BUILDS)
def test_builds(monkeypatch, capsys, case):
    init_default_scope('mmseg')
    main, words = BUILDS[case]
    said = told(monkeypatch, capsys, main)
    assert not [w for w in words if w not in said], said


def test_labels(tmp_path, monkeypatch, capsys):
    said = told(monkeypatch, capsys,
                lambda: read(tmp_path, label=b'hello'))
    assert 'a.png (5 bytes)' in said


def test_traceback(monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['tool.py', 'x', '--traceback'])
    with pytest.raises(ValueError, match='`tasks`'):
        run_tool(lambda: build_tasks({}))
    assert sys.argv == ['tool.py', 'x']


@pytest.mark.parametrize('bug', [
    lambda: nice_ceiling('a'), lambda: [][1], lambda: int('a'),
    lambda: torch.ones(2) @ torch.ones(3), lambda: dict()['a']])
def test_bugs_show_their_stack(monkeypatch, bug):
    monkeypatch.setattr(sys, 'argv', ['tool.py'])
    with pytest.raises((TypeError, LookupError, ValueError, RuntimeError)):
        run_tool(bug)


@pytest.mark.parametrize('name, word', [
    ('gpu', "'gpu' is no device"), ('', 'is no device'),
    ('meta', "'meta' is no device"), ('cuda:a', 'is no device'),
    ('cpu:7', "'cpu:7' is no device"),
    ('cuda', '0 GPUs are seen'), ('cuda:1', '0 GPUs are seen')])
def test_device(monkeypatch, capsys, name, word):
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 0)
    parser = argparse.ArgumentParser()
    parser.add_argument('--device', type=device_name)
    assert parser.parse_args(['--device', 'cpu']).device == 'cpu'
    with pytest.raises(SystemExit) as end:
        parser.parse_args(['--device', name])
    assert end.value.code == 2 and word in capsys.readouterr().err


def test_second_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 2)
    assert device_name('cuda:1') == 'cuda:1'
    with pytest.raises(argparse.ArgumentTypeError, match='2 GPUs.*lower'):
        device_name('cuda:2')


@pytest.mark.parametrize('script, args, word', [
    ('dist_train.sh', ['c.py', '2', '--amp'], '--amp needs a GPU'),
    ('dist_train.sh', ['c.py', 'two'], "'two'"),
    ('slurm_train.sh', ['gpu', 'name', 'c.py'], 'srun is not found'),
    ('slurm_test.sh', ['gpu', 'name', 'c.py', 'x.pth'], 'srun is not found')])
def test_launchers(script, args, word):
    env = {**os.environ, 'CUDA_VISIBLE_DEVICES': '',
           'VENV': str(Path(sys.executable).parents[1])}
    done = subprocess.run(['bash', ROOT / 'tools' / script, *args],
                          env=env, capture_output=True, text=True)
    assert done.returncode == 2 and word in done.stderr
