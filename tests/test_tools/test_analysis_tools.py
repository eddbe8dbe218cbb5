# Copyright (c) mtcp_mm authors. All rights reserved.
import importlib.util
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

TOOLS = Path(__file__).parents[2] / 'tools' / 'analysis_tools'


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


CONFIG = """
default_scope = 'mmseg'
tasks = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=40),
    depth=dict(type='mtcp_mm.DepthTask'))
train_dataloader = dict(dataset=dict(
    type='mtcp_mm.NYUDMultiTaskDataset', data_root={root!r}, tasks=tasks,
    split='train', pipeline=[dict(type='MustNotBeBuilt')]))
test_dataloader = dict(dataset=dict(
    type='mtcp_mm.NYUDMultiTaskDataset', data_root={root!r}, tasks=tasks,
    split='val', pipeline=[dict(type='MustNotBeBuilt')]))
test_evaluator = {evaluator}
"""
EVALUATORS = [
    "dict(type='mtcp_mm.MultiTaskEvaluator', tasks=tasks, metrics=None)",
    "[dict(type='mtcp_mm.SegmentationMetric', task='semseg'),"
    " dict(type='mtcp_mm.DepthMetric', task='depth')]"
]


def write_image(root, name, semseg, depth):
    """One row of pixels."""
    for folder in ('images', 'segmentation', 'depth', 'gt_sets'):
        (root / folder).mkdir(exist_ok=True, parents=True)
    cv2.imwrite(
        str(root / 'images' / f'{name}.jpg'),
        np.zeros((1, len(semseg), 3), np.uint8))
    cv2.imwrite(
        str(root / 'segmentation' / f'{name}.png'), np.uint8([semseg]))
    np.save(root / 'depth' / f'{name}.npy', np.float32([depth]))


@pytest.fixture(params=EVALUATORS, ids=['ours', 'list'])
def config(request, tmp_path):
    root = tmp_path / 'nyud'
    write_image(root, '1', [2, 2, 1, 0], [1, 2, 3, 0])  # floor; mean 2 m
    write_image(root, '2', [2, 1, 1, 2], [0, 5, 0, 3])  # test: rmse sqrt(5)
    (root / 'gt_sets' / 'train.txt').write_text('1\n')
    (root / 'gt_sets' / 'val.txt').write_text('2\n')
    path = tmp_path / 'config.py'
    path.write_text(CONFIG.format(root=str(root), evaluator=request.param))
    return path


class TestTrivialBaselines:
    """Oracle: scores by hand. Half of the test pixels are floor, the rest is
    wall: mIoU (50 + 0) / 2; depth is 3 and 1 m off: sqrt(5)."""

    def test_table(self, call, config, tmp_path, capsys):
        metrics, out = tmp_path / 'metrics.json', tmp_path / 'out.json'
        metrics.write_text('{"semseg/mIoU": 50.0, "depth/rmse": 1, "n": 1}')
        call('trivial_baselines', config, '--metrics', metrics, '--out', out)
        content = json.loads(out.read_text())
        assert content['constants'] == dict(semseg='floor', depth='2')
        rows = {row.pop('metric'): row for row in content['scores']}
        assert rows['semseg/mIoU'] == dict(
            better='higher', trivial=25, trained=50, ratio=2)
        assert rows['depth/rmse'] == pytest.approx(
            dict(
                better='lower', trivial=5**.5, trained=1, ratio=5**-.5))
        assert rows['depth/mae'] == dict(
            better='lower', trivial=2, trained=None, ratio=None)
        text = capsys.readouterr().out
        assert '| 25.0000 | 50.0000 |            2.0000 |' in text
        assert 'semseg: floor; depth: 2), scored on 1 images' in text

    def test_markdown(self, call, config, tmp_path):
        out = tmp_path / 'out.md'
        call('trivial_baselines', config, '--out', out)
        lines = out.read_text().splitlines()
        assert lines[1].count('-:') == 4
        assert len({len(line) for line in lines if line[:1] == '|'}) == 1

    def test_metrics_of_other_tasks(self, call, config, tmp_path):
        metrics = tmp_path / 'metrics.json'
        metrics.write_text('{"normals/mean": 20}')
        with pytest.raises(ValueError, match='none of depth/.*normals/mean'):
            call('trivial_baselines', config, '--metrics', metrics)

    def test_out_must_be_known(self, call, config, capsys):
        with pytest.raises(SystemExit):
            call('trivial_baselines', config, '--out', 'a.csv')
        assert '.json or .md' in capsys.readouterr().err
