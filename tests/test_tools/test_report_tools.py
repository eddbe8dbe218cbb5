# Copyright (c) mtcp_mm authors. All rights reserved.
"""The command lines of report.py, get_flops.py and analyze_logs.py. What
they call is tested in tests/test_report."""
import importlib.util
import json
import sys
from pathlib import Path

import pytest

from mtcp_mm.utils.errors import UsageError

TOOLS = Path(__file__).parents[2] / 'tools' / 'analysis_tools'
CONFIG = """
custom_imports = dict(imports=['mtcp_mm'], allow_failed_imports=False)
model = dict(
    type='mtcp_mm.MultiTaskEstimator',
    tasks=dict(depth=dict(type='mtcp_mm.DepthTask'),
               normals=dict(type='mtcp_mm.NormalsTask')),
    data_preprocessor=dict(type='mtcp_mm.MultiTaskDataPreProcessor',
                           test_cfg=dict(size_divisor=32)),
    backbone=dict(
        type='ResNet', depth=18, base_channels=4,
        init_cfg=dict(type='Pretrained', checkpoint='http://127.0.0.1:1/x')),
    decode_head=dict(type='mtcp_mm.HFPHead', in_channels=[4, 8, 16, 32],
                     channels=8))
test_dataloader = dict(dataset=dict(pipeline=[
    dict(type='Resize', scale=(60, 30), keep_ratio=False)]))
"""


def load(name):
    spec = importlib.util.spec_from_file_location(name, TOOLS / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def call(monkeypatch):

    def call(name, *args):
        monkeypatch.setattr(sys, 'argv', [name, *map(str, args)])
        load(name).main()

    return call


def write_log(folder, records):
    file = folder / '20260101_000000' / 'vis_data' / 'scalars.json'
    file.parent.mkdir(parents=True)
    file.write_text('\n'.join(map(json.dumps, records)) + '\n')
    return folder


class TestGetFlops:
    """Oracle: the stem of the ResNet by hand (its other numbers follow the
    formulas of test_complexity.py)."""

    def test_table_and_file(self, call, tmp_path, capsys):
        config, out = tmp_path / 'tiny.py', tmp_path / 'flops.json'
        config.write_text(CONFIG)
        call('get_flops', config, '--out', out, '--repeat', 1)
        first = json.loads(out.read_text())
        assert first['shape'] == [32, 64]  # padded
        assert first['seconds'] > 0
        parts = dict(first['flops'])
        assert parts.pop('total') == sum(parts.values())
        assert set(parts) == {'backbone', 'decode_head'}
        text = capsys.readouterr().out
        assert '| backbone' in text and 'Not counted: norm' in text
        assert '32x64' in text and 'Time per image' in text
        call('get_flops', config, '--out', out, '--shape', 64, 64, '--repeat',
             0)
        second = json.loads(out.read_text())
        assert 'seconds' not in second
        # convolutions alone: proportional to the area
        assert second['flops']['backbone'] == 2 * parts['backbone']

    def test_unknown_size(self, call, tmp_path):
        config = tmp_path / 'tiny.py'
        config.write_text(CONFIG.replace("type='Resize', scale", 'type'))
        with pytest.raises(UsageError, match='--shape H W'):
            call('get_flops', config, '--cfg-options',
                 'test_dataloader.dataset.pipeline=[]')


class TestAnalyzeLogs:
    """Oracle: the made-up logs."""

    @pytest.fixture
    def logs(self, tmp_path):
        folders = []
        for i, name in enumerate(('one', 'two')):
            records = []
            for step in range(1, 9):
                records.append({
                    'loss': 1., 'depth.loss': step + i, 'normals.loss': 2.,
                    'time': 10. if step % 4 == 1 else step * .1,
                    'epoch': -(-step // 4), 'step': step})
            records.append({'depth/rmse': 4. + i, 'step': 2})
            folders.append(write_log(tmp_path / name, records))
        return folders

    def test_curves(self, logs, call, tmp_path):
        tool = load('analyze_logs')
        named = {log.name: tool.read_log(log) for log in logs}
        keys = tool.choose_keys(list(named.values()),
                                ['depth*', '*.loss'])
        assert keys == ['depth.loss', 'depth/rmse', 'normals.loss']
        figure = tool.plot(named, keys, False, False, None)
        loss, rmse, _ = figure.axes
        assert loss.get_title() == 'depth.loss'
        assert [list(line.get_ydata()) for line in loss.lines] == [
            list(range(1, 9)), list(range(2, 10))]
        assert list(loss.lines[0].get_xdata()) == [s / 4 for s in range(1, 9)]
        assert [line.get_label() for line in loss.lines] == ['one', 'two']
        assert list(rmse.lines[1].get_ydata()) == [5.]
        figure = tool.plot(named, keys, True, True, 'T')
        assert len(figure.axes) == 1 and len(figure.axes[0].lines) == 6
        assert figure.axes[0].lines[1].get_label() == 'one, depth/rmse'
        out = tmp_path / 'pictures' / 'c.svg'
        call('analyze_logs', 'plot_curve', *logs, '--keys', '*.loss',
             '--legend', 'a', 'b', '--out', out)
        assert 'svg' in out.read_text()

    def test_times(self, logs, call, capsys):
        call('analyze_logs', 'cal_train_time', logs[0])
        # epochs: (.2 + .3 + .4) / 3 and (.6 + .7 + .8) / 3
        text = capsys.readouterr().out
        assert 'slowest epoch 2: 0.7000 s/iter' in text
        assert 'fastest epoch 1: 0.3000 s/iter' in text
        assert 'deviation over epochs: 0.2000' in text
        assert 'mean: 0.5000 s/iter' in text
        call('analyze_logs', 'cal_train_time', '--include-outliers', logs[0])
        assert 'fastest epoch 1: 2.7250' in capsys.readouterr().out

    def test_faults(self, logs, call, tmp_path, capsys):
        with pytest.raises(UsageError, match="'rmse'.*depth/rmse"):
            call('analyze_logs', 'plot_curve', *logs, '--keys', 'rmse',
                 '--out', tmp_path / 'a.png')
        with pytest.raises(FileNotFoundError, match='No vis_data/sc'):
            call('analyze_logs', 'cal_train_time', tmp_path / 'nothing')
        quiet = write_log(tmp_path / 'quiet', [{'loss': 1., 'step': 1}])
        with pytest.raises(UsageError, match='with a `time`'):
            call('analyze_logs', 'cal_train_time', quiet)
        with pytest.raises(SystemExit):
            call('analyze_logs', 'cal_train_time', *logs, '--legend', 'a')
        assert '1 names for 2 logs' in capsys.readouterr().err


class TestReport:

    def test_of_what_is_there(self, call, tmp_path, capsys):
        run = write_log(tmp_path / 'run', [
            {'loss': 1., 'depth.loss': 1., 'epoch': 1, 'step': 1}])
        (run / 'metrics.json').write_text('{"depth/rmse": 0.5}')
        call('report', run, '--no-eval', '--published', 'nyud')
        text = capsys.readouterr().out
        assert 'run lacks weights' in text and 'run lacks config' in text
        page = (run / 'report' / 'report.html').read_text()
        assert '0.5000' in page and '0.4316' in page
        assert text.splitlines()[-4:] == [
            f'report: {run / "report" / name}'
            for name in ('report.html', 'report.md', 'results.csv',
                         'results.tex')]

    def test_faults(self, call, tmp_path, capsys):
        with pytest.raises(UsageError, match='is no folder'):
            call('report', tmp_path / 'nowhere')
        with pytest.raises(UsageError, match='checkpoint .* does not exist'):
            call('report', tmp_path, '--checkpoint', tmp_path / 'a.pth')
        with pytest.raises(SystemExit):
            call('report', tmp_path, tmp_path, '--checkpoint', 'a.pth')
        assert '1 files for 2 work dirs' in capsys.readouterr().err
