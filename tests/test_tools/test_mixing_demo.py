# Copyright (c) mtcp_mm authors. All rights reserved.
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='module')
def work_dir(tmp_path_factory):
    """What demo/mixing.sh leaves."""
    folder = tmp_path_factory.mktemp('mixing')
    env = dict(
        os.environ,
        VENV=str(Path(sys.executable).parents[1]),
        OMP_NUM_THREADS='1')
    done = subprocess.run(['bash', ROOT / 'demo/mixing.sh', folder],
                          env=env,
                          text=True,
                          timeout=600,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout[-5000:]
    return folder


@pytest.mark.parametrize('name, scores', [
    ('encoder_decoder_replica', ['mIoU']),
    ('mixed_heads_replica', ['semseg/mIoU', 'depth/rmse', 'normals/mean']),
])
def test_scores(work_dir, name, scores):
    """Oracle: the keys of mmseg's metric and of ours."""
    metrics = json.loads((work_dir / name / 'metrics.json').read_text())
    assert all(metrics[key] >= 0 for key in scores)


def test_heads_are_where_they_should_be(work_dir):
    """Oracle: names of parameters; conv_seg is that of mmseg's heads."""
    weights = {
        name: torch.load(
            work_dir / name / 'epoch_1.pth',
            weights_only=False)['state_dict']
        for name in ('encoder_decoder_replica', 'mixed_heads_replica')
    }
    stock = weights['encoder_decoder_replica']
    assert 'auxiliary_head.head.predictors.seg.weight' in stock
    assert not any('conv_seg' in key for key in stock)
    ours = weights['mixed_heads_replica']
    assert ours['decode_head.heads.semseg.conv_seg.weight'].shape[0] == 40
    assert any('decode_head.heads.depth+normals.fusions' in k for k in ours)
