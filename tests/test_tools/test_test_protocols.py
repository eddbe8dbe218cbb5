# Copyright (c) mtcp_mm authors. All rights reserved.
"""tools/test.py on five images: the numbers must not depend on how the
images are batched, nor on how many ranks share them."""
import json
import math
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope

from mtcp_mm.preparation.demo_scenes import write_demo
from mtcp_mm.registry import MODELS
from mtcp_mm.utils.settings import load_config_file

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / 'configs' / 'mtcp_replica.py'
PIXELS = 5 * 48 * 64


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Five rooms, one without depth, and a checkpoint of random weights."""
    folder = tmp_path_factory.mktemp('test_protocols')
    write_demo(
        str(folder / 'data'), num_train=1, num_val=5, size=(48, 64), seed=0,
        layout='mt', workers=1)
    blank = sorted((folder / 'data/depth').iterdir())[-1]
    np.save(blank, np.zeros((48, 64), np.float32))
    cfg = load_config_file(CONFIG)
    init_default_scope('mmseg')
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    torch.save(dict(state_dict=model.state_dict()), folder / 'random.pth')
    return folder


def arguments(folder, name, batch_size):
    return [
        str(CONFIG), str(folder / 'random.pth'), '--protocols', 'all',
        '--work-dir', str(folder / name), '--cfg-options',
        f'test_dataloader.batch_size={batch_size}',
        'test_dataloader.num_workers=0',
        'test_dataloader.persistent_workers=False',
        f'data_root={folder / "data"}', 'image_scale=(64,48)',
    ]


def read(folder, name):
    return [
        json.loads((folder / name / file).read_text())
        for file in ('metrics.json', 'metrics_meta.json')
    ]


@pytest.fixture(scope='module')
def one_by_one(folder):
    """Run in this process; what it prints is in its log."""
    for name, batch_size in (('batch_1', 1), ('batch_3', 3)):
        sys.argv = ['test.py', *arguments(folder, name, batch_size)]
        runpy.run_path(str(ROOT / 'tools/test.py'), run_name='__main__')
    return folder


def assert_same(folder, name):
    """To 1e-6; a pixel at a limit may fall to the other side, since the
    network itself rounds otherwise in another batch."""
    expected, _ = read(folder, 'batch_1')
    scores, _ = read(folder, name)
    assert list(scores) == list(expected)
    for key, value in expected.items():
        pixel = 0
        if re.search(r'within|Acc|IoU', key):  # percent
            pixel = 100 / PIXELS
        elif 'delta' in key:  # fraction
            pixel = 1 / PIXELS
        assert scores[key] == pytest.approx(value, rel=1e-6, abs=pixel), key


class TestInvariance:
    """Oracle: the run that scores one image at a time on one rank."""

    def test_batch_of_three(self, one_by_one):
        assert_same(one_by_one, 'batch_3')

    @pytest.mark.skipif(torch.cuda.is_available(), reason='gloo on a CPU')
    def test_two_uneven_ranks(self, one_by_one):
        result = subprocess.run(
            ['bash', ROOT / 'tools/dist_test.sh',
             *arguments(one_by_one, 'ranks', 3)[:2], '2',
             *arguments(one_by_one, 'ranks', 3)[2:]],
            env=dict(os.environ, VENV=sys.prefix, OMP_NUM_THREADS='1',
                     PYTHONPATH=str(ROOT)),
            text=True,
            capture_output=True)
        assert result.returncode == 0, result.stderr[-3000:]
        assert_same(one_by_one, 'ranks')
        meta = read(one_by_one, 'ranks')[1]
        assert meta['ranks'] == 2 and meta['data']['sizes'] == {'48x64': 5}


class TestFiles:

    def test_every_protocol_is_there_and_explained(self, one_by_one):
        scores, meta = read(one_by_one, 'batch_1')
        assert set(meta['scores']) == set(scores)
        protocols = {}
        for entry in meta['scores'].values():
            protocols.setdefault(entry['task'], set()).add(entry['protocol'])
            assert entry['note']
        assert protocols == dict(
            semseg={'logits', 'absent_zero', 'label_nearest', 'mtcp'},
            depth={'pooled', 'mtcp', 'range', 'per_image', 'clamped',
                   'clamped_images', 'median_scaled', 'densemtl'},
            normals={'float', 'uint8', 'densemtl'})
        entry = meta['scores']['depth/delta1@mtcp']
        assert entry['metric'] == 'delta1' and entry['higher_is_better']
        assert all(map(math.isfinite, scores.values()))

    def test_origin_is_written(self, one_by_one):
        _, meta = read(one_by_one, 'batch_3')
        assert meta['batch_size'] == 3 and meta['ranks'] == 1
        assert meta['checkpoint'].endswith('random.pth')
        assert meta['data']['layout'] == 'mt'
        assert meta['data']['num_images'] == 5
        assert meta['environment']['torch'] == torch.__version__.split('+')[0]
        iou = meta['details']['semseg']['logits']['IoU']
        assert len(iou) == 40 and None in iou  # an absent class is null

    def test_table_is_in_the_log(self, one_by_one):
        log, = (one_by_one / 'batch_1').glob('*/*.log')
        text = log.read_text()
        assert re.search(r'\| depth +\| +better \| +\[pooled\] \| +@mtcp',
                         text)
        rmse = read(one_by_one, 'batch_1')[0]['depth/rmse@densemtl']
        assert re.search(rf'\| rmse .*\| +{rmse:.4f} \|\n', text)


def test_unknown_protocol_is_a_usage_error(folder, capsys):
    sys.argv = [
        'test.py', str(CONFIG), str(folder / 'random.pth'), '--protocols',
        'depth=cropped'
    ]
    with pytest.raises(SystemExit, match='2'):
        runpy.run_path(str(ROOT / 'tools/test.py'), run_name='__main__')
    error = capsys.readouterr().err
    assert "there is no 'cropped'" in error and error.count('\n') == 1
