# Copyright (c) mtcp_mm authors. All rights reserved.
import importlib.util
import inspect
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from mtcp_mm.models.weighting import LPSWeighting

TOOL = Path(__file__).parents[2] / 'tools' / 'analysis_tools' / 'plot_lps.py'


@pytest.fixture(scope='module')
def tool():
    spec = importlib.util.spec_from_file_location('plot_lps', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def call(monkeypatch, tool):

    def call(*args):
        monkeypatch.setattr(sys, 'argv', ['plot_lps', *map(str, args)])
        tool.main()

    return call


def write_log(work_dir,
              stamp,
              steps,
              weight,
              by_epoch=True,
              kappa=None,
              tasks=('semseg', 'depth')):
    """Ten iterations per epoch; a record of a validation at the end."""
    folder = work_dir / stamp / 'vis_data'
    folder.mkdir(parents=True)
    records = []
    for step in steps:
        record = dict(step=step, iter=step, loss=3.)
        if by_epoch:
            record['epoch'] = -(-step // 10)
        for i, task in enumerate(tasks):
            record[f'{task}.loss'] = 2. / step + i
            record[f'lps_weight_{task}'] = weight + i
            if step > 10:
                record[f'lps_share_{task}'] = .5
        records.append(record)
    records.append({'semseg/mIoU': 3., 'step': 1})
    (folder / 'scalars.json').write_text(
        '\n'.join(map(json.dumps, records)) + '\n')
    if kappa is not None:
        # as mmengine dumps it; modules that are not there do not matter
        (folder / 'config.py').write_text(
            "custom_imports = dict(imports=['no_such_module'])\n"
            'model = dict(loss_weighting=dict('
            f"type='mtcp_mm.LPSWeighting', {kappa}))\n")
    return work_dir


class TestOneRun:
    """Oracle: the made-up log."""

    def test_draws_a_resumed_run(self, call, tool, tmp_path):
        write_log(tmp_path, '20260101_000000', range(5, 41, 5), weight=1)
        write_log(
            tmp_path,
            '20260102_000000',
            range(25, 61, 5),
            weight=2,
            kappa='kappa=2.5')
        run = tool.read_run(tmp_path)
        assert [r['step'] for r in run.log.train] == list(range(5, 61, 5))
        assert [r['lps_weight_semseg']
                for r in run.log.train] == [1] * 4 + [2] * 8
        figure = tool.draw([run])
        weights, shares, losses = (axis.lines for axis in figure.axes)
        np.testing.assert_allclose(weights[1].get_xdata(),
                                   np.arange(5, 61, 5) / 10)
        np.testing.assert_array_equal(weights[1].get_ydata(),
                                      [2] * 4 + [3] * 8)
        assert shares[0].get_xdata()[0] == 1.5
        np.testing.assert_allclose(losses[0].get_ydata(),
                                   2 / np.arange(5, 61, 5))
        legend, = figure.legends
        assert legend.get_title().get_text().endswith('kappa = 2.5')
        call(tmp_path)
        picture = cv2.imread(str(tmp_path / 'lps.png'))
        assert picture.shape == (1200, 1200, 3) and picture.std() > 10

    def test_run_without_epochs(self, tool, tmp_path):
        write_log(tmp_path, 'a', range(5, 41, 5), 1, by_epoch=False)
        axis = tool.draw([tool.read_run(tmp_path)]).axes[2]
        assert list(axis.lines[0].get_xdata()) == list(range(5, 41, 5))
        assert axis.get_xlabel() == 'iteration'

    def test_no_log(self, call, tmp_path):
        with pytest.raises(FileNotFoundError, match='No vis_data/scalars'):
            call(tmp_path)

    def test_no_weights(self, call, tmp_path):
        folder = tmp_path / 'a' / 'vis_data'
        folder.mkdir(parents=True)
        (folder / 'scalars.json').write_text('{"loss": 1, "step": 1}\n')
        with pytest.raises(ValueError, match='has no lps_weight_.*LPSHook'):
            call(tmp_path)


class TestSeveralRuns:
    """Oracle: the made-up logs; run i has kappa KAPPAS[i], weight i + 1."""

    KAPPAS = ('kappa=1', 'kappa=2.5', 'kappa=7.5')

    @pytest.fixture
    def runs(self, tmp_path):
        return [
            write_log(
                tmp_path / f'run{i}', 'a', range(5, 31, 5), i + 1, kappa=kappa)
            for i, kappa in enumerate(self.KAPPAS)
        ]

    def test_a_column_per_run(self, tool, runs):
        figure = tool.draw([tool.read_run(run) for run in runs])
        axes = np.reshape(figure.axes, (3, 3))
        assert [a.get_title() for a in axes[0]] == [
            'kappa = 1', 'kappa = 2.5', 'kappa = 7.5'
        ]
        for i, axis in enumerate(axes[0]):
            assert set(axis.lines[0].get_ydata()) == {i + 1}
        # one scale per row, one colour per task
        for row in axes:
            assert len({axis.get_ylim() for axis in row}) == 1
            assert len({to_rgb(axis.lines[0].get_color())
                        for axis in row}) == 1
        legend, = figure.legends
        assert [t.get_text()
                for t in legend.get_texts()] == ['semseg', 'depth']

    def test_writes_the_picture(self, call, runs, tmp_path, capsys):
        out = tmp_path / 'new' / 'fig6.png'
        call(*runs, '--out', out)
        assert cv2.imread(str(out)).shape == (1200, 1800, 3)
        assert 'run2: kappa = 7.5, 6 records' in capsys.readouterr().out

    def test_colours_belong_to_tasks(self, tool, tmp_path):
        """Also where a run has other tasks, or the same in another order."""
        runs = [
            tool.read_run(
                write_log(tmp_path / str(i), 'a', range(5, 31, 5), 1, tasks=t))
            for i, t in enumerate([('a', 'b'), ('b', 'c')])
        ]
        first, second = (axis.lines for axis in tool.draw(runs).axes[:2])
        assert first[1].get_color() == second[0].get_color()
        assert len({first[0].get_color(), first[1].get_color(),
                    second[1].get_color()}) == 3

    def test_a_log_as_such(self, tool, runs, tmp_path):
        log = runs[1] / 'a' / 'vis_data' / 'scalars.json'
        assert tool.read_run(log) == tool.read_run(runs[1])
        alone = tmp_path / 'mtcp_demo.jsonl'
        alone.write_bytes(log.read_bytes())
        assert tool.read_run(alone).label == 'mtcp_demo'

    def test_labels_by_hand(self, call, runs, tmp_path, capsys):
        call(*runs, '--out', tmp_path / 'a.png', '--labels', 'x', 'y', 'z')
        assert 'run2: z, 6 records' in capsys.readouterr().out

    def test_default_kappa(self, tool, tmp_path):
        write_log(tmp_path, 'a', range(5, 31, 5), 1, kappa='history=2')
        assert tool.read_run(tmp_path).label == 'kappa = 2.5'
        parameters = inspect.signature(LPSWeighting).parameters
        assert parameters['kappa'].default == tool.DEFAULT_KAPPA

    def test_rejects_arguments(self, call, runs, tmp_path, capsys):
        with pytest.raises(SystemExit):
            call(*runs)
        assert '--out must say where' in capsys.readouterr().err
        with pytest.raises(SystemExit):
            call(*runs, '--out', tmp_path / 'a.png', '--labels', 'x')
        assert '1 titles for 3 runs' in capsys.readouterr().err
