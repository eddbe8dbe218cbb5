# Copyright (c) mtcp_mm authors. All rights reserved.
"""The launchers around a model of one weight, whose scores are known.

The Python ones run in this process: every new one costs seconds of imports.
"""
import json
import os
import pickle
import runpy
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.cli import launch
from mtcp_mm.cli.launch import load_config
from mtcp_mm.utils.errors import UsageError

TOOLS = Path(__file__).parents[2] / 'tools'
MODULE = """
import torch
from mmcv.cnn import build_norm_layer
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, METRICS, MODELS


@DATASETS.register_module()
class LauncherData(torch.utils.data.Dataset):

    def __len__(self):
        return 4

    def __getitem__(self, i):
        return dict(x=torch.full((1, 2, 2), float(i)))


@MODELS.register_module()
class LauncherModel(BaseModel):

    def __init__(self, norm_cfg):
        super().__init__()
        self.norm = build_norm_layer(norm_cfg, 1)[1]
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, x, mode='tensor'):
        if mode == 'loss':  # its gradient is the mean of x
            unused = 0 * self.norm(x).sum()
            return dict(loss=(x * self.weight).mean() + unused)
        return list(x * self.weight)


@METRICS.register_module()
class LauncherMean(BaseMetric):
    default_prefix = 'tiny'

    def process(self, data_batch, data_samples):
        self.results += [float(s.mean()) for s in data_samples]

    def compute_metrics(self, results):
        return dict(mean=sum(results) / len(results), count=len(results))
"""
CONFIG = """
custom_imports = dict(imports=['launcher_module'])
env_cfg = dict(dist_cfg=dict(backend='nccl', timeout=60))
model = dict(type='LauncherModel', norm_cfg=dict(type='SyncBN'))
train_dataloader = dict(
    batch_size=1,
    sampler=dict(type='DefaultSampler'),
    collate_fn=dict(type='default_collate'),
    dataset=dict(type='LauncherData'))
test_dataloader = train_dataloader
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1))
train_cfg = dict(by_epoch=True, max_epochs=1)
test_cfg = dict()
test_evaluator = dict(type='LauncherMean')
"""


def run_tool(name, *args):
    """Run a Python launcher here, return its exit code."""
    sys.argv = [name, *map(str, args)]
    try:
        runpy.run_path(str(TOOLS / name), run_name='__main__')
    except SystemExit as error:
        return error.code or 0
    return 0


def functions_of(name):
    return runpy.run_path(str(TOOLS / name), run_name='not_main')


def run_script(name, *args, cwd=None, **env):
    env = {**os.environ, 'VENV': sys.prefix, **env}
    return subprocess.run(['bash', TOOLS / name, *map(str, args)],
                          env=env,
                          cwd=cwd,
                          text=True,
                          capture_output=True)


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    """A folder with the tiny config; restores what launchers change."""
    (tmp_path / 'launcher_module.py').write_text(MODULE)
    (tmp_path / 'tiny.py').write_text(CONFIG)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, 'argv', ['pytest'])
    for name in ('LOCAL_RANK', 'OMP_NUM_THREADS', 'MKL_NUM_THREADS'):
        monkeypatch.setenv(name, '0' if name == 'LOCAL_RANK' else '1')
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestUsage:

    @pytest.mark.parametrize('name, option', [('train.py', '--resume'),
                                              ('test.py', '--show-dir')])
    def test_python_help(self, name, option, capsys):
        assert run_tool(name, '--help') == 0
        assert option in capsys.readouterr().out

    @pytest.mark.parametrize('name, text', [
        ('dist_train.sh', 'dist_train.sh CONFIG GPUS'),
        ('dist_test.sh', 'dist_test.sh CONFIG CHECKPOINT GPUS'),
        ('slurm_train.sh', 'PARTITION JOB_NAME CONFIG'),
        ('slurm_test.sh', 'PARTITION JOB_NAME CONFIG CHECKPOINT'),
        ('install.sh', 'TORCH_INDEX_URL'),
        ('run_tests.sh', 'arguments of pytest'),
        ('quickstart.sh', 'data/demo'),
    ])
    def test_script_help(self, name, text):
        result = run_script(name, '--help')
        assert result.returncode == 0
        assert text in result.stdout

    def test_missing_config(self, capsys):
        assert run_tool('train.py', 'tyni.py') == 2
        assert capsys.readouterr().err == (
            'train.py: error: config tyni.py does not exist '
            '(. has launcher_module.py, tiny.py).\n')

    def test_missing_checkpoint(self, capsys):
        assert run_tool('test.py', 'tiny.py', 'runs/best.pth') == 2
        error = capsys.readouterr().err
        assert error.startswith(
            'test.py: error: checkpoint runs/best.pth does not exist')
        assert error.count('\n') == 1
        assert run_tool('train.py', 'tiny.py', '--resume', 'best.pth') == 2

    @pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU')
    def test_amp_needs_a_gpu(self, capsys):
        assert run_tool('train.py', 'tiny.py', '--amp') == 2
        assert '--amp needs a GPU' in capsys.readouterr().err

    def test_out_is_a_pickle(self):
        assert run_tool('test.py', 'tiny.py', 'x.pth', '--out', 'dir') == 2

    def test_number_of_gpus(self):
        result = run_script('dist_train.sh', 'tiny.py', 'eight')
        assert result.returncode == 2
        assert "the number of GPUs is 'eight'" in result.stderr


class TestConfig:

    def test_arguments_win(self):
        args = Namespace(
            config='tiny.py',
            work_dir=None,
            launcher='none',
            local_rank=0,
            cfg_options={'train_cfg.max_epochs': 7})
        cfg = load_config(args)
        assert cfg.train_cfg.max_epochs == 7
        assert cfg.work_dir == os.path.join('work_dirs', 'tiny')
        args.work_dir = 'elsewhere'
        assert load_config(args).work_dir == 'elsewhere'

    def test_cpu_ranks(self, monkeypatch):
        monkeypatch.setattr(launch, 'is_distributed', lambda: True)
        cfg = Config(
            dict(
                find_unused_parameters=True,
                model=dict(
                    type='A',
                    norm_cfg=dict(type='SyncBN', eps=1e-3),
                    heads=[dict(norm_cfg=dict(type='SyncBN'), in_index=(0, 1)),
                           dict(norm_cfg=dict(type='LN'))])))
        launch.use_cpu_ranks(cfg)
        assert cfg.model.norm_cfg == dict(type='BN', eps=1e-3)
        assert [h.norm_cfg.type for h in cfg.model.heads] == ['BN', 'LN']
        assert cfg.model_wrapper_cfg == dict(
            type='MMDistributedDataParallel',
            device_ids=None,
            broadcast_buffers=False,
            find_unused_parameters=True)

    def test_amp_keeps_the_wrapper_settings(self, monkeypatch):
        monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
        use_amp = functions_of('train.py')['use_amp']
        cfg = Config(dict(optim_wrapper=dict(clip_grad=dict(max_norm=1))))
        use_amp(cfg)
        assert cfg.optim_wrapper == dict(
            type='AmpOptimWrapper',
            loss_scale='dynamic',
            clip_grad=dict(max_norm=1))
        cfg.optim_wrapper.type = 'OtherWrapper'
        with pytest.raises(UsageError, match='has OtherWrapper'):
            use_amp(cfg)

    def test_resume(self, tmp_path):
        use_checkpoint = functions_of('train.py')['use_checkpoint']
        cfg = Config(dict(load_from='zoo.pth', work_dir=str(tmp_path)))
        use_checkpoint(cfg, 'auto')
        assert cfg.load_from == 'zoo.pth', 'nothing to resume from yet'
        assert not cfg.get('resume')
        file = tmp_path / 'epoch_3.pth'
        file.touch()
        with pytest.raises(CheckpointError, match='none to resume from'):
            use_checkpoint(cfg, 'auto')
        torch.save(dict(state_dict=dict(w=torch.ones(1)), meta={},
                        message_hub={}, optimizer={}), file)
        use_checkpoint(cfg, 'auto')
        assert (cfg.resume, cfg.load_from) == (True, str(file))

    def test_pictures(self):
        draw_pictures = functions_of('test.py')['draw_pictures']
        args = Namespace(
            config='c.py', show=False, show_dir='out', wait_time=2.)
        cfg = Config(
            dict(
                visualizer=dict(type='V'),
                default_hooks=dict(
                    visualization=dict(
                        type='mtcp_mm.MultiTaskVisualizationHook'))))
        draw_pictures(cfg, args)
        assert cfg.default_hooks.visualization == dict(
            type='mtcp_mm.MultiTaskVisualizationHook',
            draw=True,
            interval=1,
            out_dir='out')
        cfg.default_hooks.visualization = dict(
            type='SegVisualizationHook', interval=5)
        args.show = True
        draw_pictures(cfg, args)
        assert cfg.visualizer.save_dir == 'out'
        assert cfg.default_hooks.visualization == dict(
            type='SegVisualizationHook',
            draw=True,
            interval=5,
            show=True,
            wait_time=2.)
        del cfg.default_hooks.visualization
        with pytest.raises(UsageError, match='c.py lacks one of them'):
            draw_pictures(cfg, args)


def test_slurm_command(tmp_path):
    srun = tmp_path / 'srun'
    srun.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    srun.chmod(0o755)
    result = run_script(
        'slurm_train.sh',
        *('part', 'job', 'a b.py', '--amp'),
        PATH=f'{tmp_path}:{os.environ["PATH"]}',
        GPUS='4',
        SRUN_ARGS='--time=1 --qos=x')
    words = result.stdout.splitlines()
    assert words[:2] == ['-p', 'part']
    assert '--ntasks=4' in words and '--gres=gpu:4' in words
    assert words[-9:] == [
        '--time=1', '--qos=x', f'{sys.prefix}/bin/python', '-u',
        str(TOOLS / 'train.py'), 'a b.py', '--amp', '--launcher', 'slurm'
    ]


@pytest.mark.parametrize('state, message', [
    (dict(other=torch.ones(1)), 'missing in the file, 5: weight'),
    (dict(weight=torch.ones(2)), 'weight is (2,) in the file, (1,) in the')])
def test_checkpoint_of_another_model(scratch, capsys, state, message):
    """It used to be tested and trained with random weights, exit code 0."""
    torch.save(dict(state_dict=state), 'other.pth')
    start = 'load_from=other.pth', "model.norm_cfg.type='BN'"
    for args in (('test.py', 'tiny.py', 'other.pth'),
                 ('train.py', 'tiny.py')):
        assert run_tool(*args, '--work-dir', 'w', '--cfg-options', *start) == 2
        assert f'{args[0]}: error: other.pth' in (
            text := capsys.readouterr().err)
        assert message in text
    assert not list(scratch.rglob('metrics*.json'))
    assert not list(scratch.rglob('epoch_*.pth'))


@pytest.mark.skipif(torch.cuda.is_available(), reason='gloo ranks on a CPU')
def test_two_ranks_train_and_one_tests(scratch):
    """Rank r sees half of x = 0, 1, 2, 3, so two steps lower the weight by
    lr times the mean of x each epoch, 0.1 * 2 * 1.5."""
    result = run_script(
        'dist_train.sh', 'tiny.py', 2, '--work-dir', 'w',
        PYTHONPATH=str(scratch))
    assert result.returncode == 0, result.stderr[-3000:]
    checkpoint = torch.load('w/epoch_1.pth', weights_only=False)
    assert checkpoint['state_dict']['weight'].item() == pytest.approx(0.7)
    assert checkpoint['meta']['iter'] == 2

    # On one process an epoch has four steps, of 0.1 * 1.5 on average.
    options = ('--cfg-options', 'train_cfg.max_epochs=2')
    assert run_tool('train.py', 'tiny.py', '--work-dir', 'w', '--resume',
                    *options) == 0
    assert Path('w/last_checkpoint').read_text().endswith('epoch_2.pth')

    assert run_tool('test.py', 'tiny.py', 'w/epoch_2.pth', '--work-dir', 'w',
                    '--out', 'w/dump.pkl') == 0
    assert json.loads(Path('w/metrics.json').read_text()) == {
        'tiny/mean': pytest.approx((0.7 - 0.1 * 6) * 1.5),
        'tiny/count': 4
    }
    with open('w/dump.pkl', 'rb') as file:
        assert len(pickle.load(file)) == 4


def test_full_disk_is_one_line(scratch, capsys):
    """Oracle: the limit of the system on the size of a file."""
    model = MODULE.replace('torch.ones(1))', 'torch.ones(200_000))').replace(
        '(x * self.weight)', '(x * self.weight[:1])')
    Path('launcher_module.py').write_text(model)
    code = f"""
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, -1))
sys.argv = ['train.py', 'tiny.py', '--work-dir', 'w']
runpy.run_path({str(TOOLS / 'train.py')!r}, run_name='__main__')
"""
    result = subprocess.run([sys.executable, '-c', code], text=True,
                            capture_output=True, env={
                                **os.environ, 'PYTHONPATH': os.pathsep.join(
                                    [str(TOOLS.parent), str(scratch)])})
    assert result.returncode == 1
    line = result.stderr.strip().splitlines()[-1]
    assert line.startswith('train.py: error: ')
    assert 'bytes could not be written' in line and 'epoch_1.pth' in line
    assert 'Traceback' not in result.stderr
    assert not list(Path('w').glob('*.pth'))
