# Copyright (c) mtcp_mm authors. All rights reserved.
import sys
from pathlib import Path

import pytest
import torch
from mmengine.registry import init_default_scope

from mtcp_mm.registry import MODELS
from mtcp_mm.utils.settings import load_config_file
from tests.mini_data import SIZE, write_nyud
from tests.test_tools.test_analysis_tools import load

CONFIG = Path(__file__).parents[2] / 'configs' / 'mtcp_demo.py'


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    root = write_nyud(tmp_path / 'data')

    def call(*args):
        options = [
            f'data_root={root}', f'image_scale=({SIZE[1]},{SIZE[0]})',
            f'crop_size=({SIZE[0]},{SIZE[1]})'
        ]
        monkeypatch.setattr(sys, 'argv', [
            'analyze_fusion.py',
            str(CONFIG), *args, '--images', '2', '--cfg-options', *options
        ])
        load('analyze_fusion').main()
        rows = capsys.readouterr().out.splitlines()
        rows = [r.split('|')[1:-1] for r in rows if r.startswith('|')]
        return {(r[0].strip(), r[1].strip()): [float(x) for x in r[2:]]
                for r in rows[2:]}

    return call


class TestAnalyzeFusion:
    """Oracle: queries of 0 look everywhere, at 16 x 24 pixels."""

    def test_fresh_norms_without_batch_statistics_pass_nearly_0(self, call):
        rows = call()
        assert {t for _, t in rows} == {'semseg', 'depth', 'normals'}
        for keys, used, distance, _ in rows.values():
            assert keys == used == 384
            assert distance == pytest.approx(1, abs=1e-2)

    def test_initial_weights_and_a_checkpoint(self, call, tmp_path):
        init_default_scope('mmseg')
        model = MODELS.build(load_config_file(CONFIG).model)
        for fusion in model.decode_head.fusions.values():
            torch.nn.init.zeros_(fusion.theta[1].weight)
        path = str(tmp_path / 'epoch_1.pth')
        torch.save(dict(state_dict=model.state_dict()), path)
        rows = call(path, '--batch-statistics')
        assert len(rows) == 6
        for (weights, _), (keys, *_) in rows.items():
            assert (keys == 384) == (weights == path)
