# Copyright (c) mtcp_mm authors. All rights reserved.
import sys

import torch
from mmengine.registry import init_default_scope

from mtcp_mm.registry import MODELS
from mtcp_mm.utils.settings import load_config_file
from tests.mini_data import SIZE, write_nyud
from tests.test_tools.test_analysis_tools import load
from tests.test_tools.test_analyze_fusion import CONFIG


def test_what_pulls_at_what(tmp_path, monkeypatch, capsys):
    """Oracle: the coherence loss cannot reach the outputs, and a loss whose
    predictor is 0 reaches nothing but that."""
    root = write_nyud(tmp_path / 'data')
    init_default_scope('mmseg')
    model = MODELS.build(load_config_file(CONFIG).model)
    for output in model.decode_head.outputs.values():
        torch.nn.init.zeros_(output.predictors[-1].weight)
    path = str(tmp_path / 'epoch_1.pth')
    torch.save(dict(state_dict=model.state_dict()), path)
    monkeypatch.setattr(sys, 'argv', [
        'analyze_gradients.py', str(CONFIG), path, '--images', '2',
        '--cfg-options', f'data_root={root}',
        f'image_scale=({SIZE[1]},{SIZE[0]})',
        f'crop_size=({SIZE[0]},{SIZE[1]})'
    ])
    load('analyze_gradients').main()
    head, _, *rows = [
        [cell.strip() for cell in line.split('|')[1:-1]]
        for line in capsys.readouterr().out.splitlines() if '|' in line
    ]
    table = {row[0]: dict(zip(head[2:], map(float, row[2:])))
             for row in rows}
    assert list(table) == ['backbone', 'neck', 'decode_head.decoders',
                           'decode_head.fusions', 'decode_head.outputs']
    outputs = table.pop('decode_head.outputs')
    assert outputs['loss_coherence'] == 0
    assert outputs['semseg.loss'] > 0
    for part in table.values():
        assert part['semseg.loss'] == 0
        assert part['semseg.loss_inter0'] > 0
        assert part['loss_coherence'] > 0
