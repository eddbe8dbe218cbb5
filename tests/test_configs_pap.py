# Copyright (c) mtcp_mm authors. All rights reserved.
from pathlib import Path

import pytest

from mtcp_mm.utils.settings import load_config_file

FOLDER = Path(__file__).parents[1] / 'configs' / 'baselines'


def load(name):
    return load_config_file(FOLDER / f'{name}.py')


def test_nyud_has_what_is_known_of_the_recipe():
    """Oracle: the reference on PAP and its public version (Adam, rate, decay,
    batch, diffusion), and on the line of MTI-Net (the rest)."""
    cfg = load('pap_r50_nyud')
    assert list(cfg.model.tasks) == ['semseg', 'depth', 'normals']
    assert cfg.model.tasks.depth.loss.type == 'mtcp_mm.BerHuLoss'
    assert cfg.optim_wrapper.optimizer == dict(
        type='Adam', lr=1e-4, weight_decay=1e-4)
    assert cfg.train_dataloader.batch_size == 8
    assert cfg.train_cfg.max_epochs == 100
    assert cfg.model.decode_head.diffusion == dict(beta=.05, iterations=1)
    assert cfg.model.loss_weighting.weights == dict(
        semseg=1., depth=1., normals=10.)


@pytest.mark.parametrize('kind', ['r50_nyud', 'r50_pascal', 'lite0'])
def test_psd_is_pap_with_another_diffusion(kind):
    """Oracle: the config of PAP."""
    pap, psd = (load(f'{name}_{kind}').to_dict() for name in ('pap', 'psd'))
    heads = [cfg['model'].pop('decode_head') for cfg in (pap, psd)]
    assert pap == psd
    types = [head.pop('type') for head in heads]
    assert types == ['mtcp_mm.PAPHead', 'mtcp_mm.ReconstructedPSDHead']
    options = [head.pop('diffusion', {}) for head in heads]
    assert options[1] == {}
    assert heads[0] == heads[1]


@pytest.mark.parametrize('name', ['pap_lite0', 'psd_lite0'])
def test_lite0_has_the_setting_of_the_comparison(name):
    """Oracle: configs/comparison/replica.py, but for the head, the neck and
    the weights."""
    own = load(name).to_dict()
    base = load('../comparison/replica').to_dict()
    for cfg in (own, base):
        for key in ('decode_head', 'neck', 'loss_weighting'):
            cfg['model'].pop(key)
        cfg.pop('custom_hooks')
    assert own == base
