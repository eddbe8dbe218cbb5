# Copyright (c) mtcp_mm authors. All rights reserved.
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from PIL import Image

from mtcp_mm.utils.settings import load_config_file

CONFIG = Path(__file__).parents[2] / 'configs' / 'mtcp_demo.py'
SIZES = [(40, 60), (33, 21), (64, 64), (90, 50)]


@pytest.fixture(scope='session')
def config():
    """The demo at 32x64, and as thin as it gets."""
    cfg = load_config_file(CONFIG)
    cfg.model.backbone.update(
        embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2])
    cfg.model.neck.update(
        in_channels=[8, 16, 32, 64], num_encoder_layers=1,
        num_decoder_layers=1, num_queries=4)
    resize, = (t for t in cfg.test_dataloader.dataset.pipeline
               if t['type'] == 'Resize')
    resize['scale'] = (64, 32)
    return cfg


@pytest.fixture(autouse=True)
def default_scope():
    """Leave no default scope to the tests of other folders."""
    before = DefaultScope.get_current_instance()
    yield
    if before is None:
        DefaultScope._instance_dict.clear()


@pytest.fixture(scope='session')
def checkpoint(config, tmp_path_factory):
    """Random weights, and classes of our own."""
    from mtcp_mm.registry import MODELS

    torch.manual_seed(0)
    model = MODELS.build(dict(config.model, _scope_='mmseg'))
    model.decode_head.apply(
        lambda m: torch.nn.init.normal_(m.weight, std=.1)
        if isinstance(m, torch.nn.Conv2d) else None)
    names = tuple(f'thing {i}' for i in range(40))
    palette = [[i, 2 * i, 100 + i] for i in range(40)]
    file = tmp_path_factory.mktemp('model') / 'tiny.pth'
    torch.save(
        dict(
            state_dict=model.state_dict(),
            meta=dict(
                cfg=config.pretty_text,
                dataset_meta=dict(
                    task_meta=dict(
                        semseg=dict(classes=names, palette=palette))))), file)
    return file


@pytest.fixture
def photos(tmp_path):
    """Four PNG files of different size."""
    folder = tmp_path / 'photos'
    folder.mkdir()
    rng = np.random.RandomState(0)
    for i, size in enumerate(SIZES):
        coarse = Image.fromarray(
            rng.randint(0, 256, (4, 5, 3)).astype(np.uint8))
        coarse.resize(size[::-1], Image.BICUBIC).save(folder / f'{i}.png')
    return folder
