# Copyright (c) mtcp_mm authors. All rights reserved.
"""The bases of the driving data sets, with a small model on tiny data."""
import inspect
import math

import pytest
import torch
from mmengine.runner import Runner

from mtcp_mm.engine.runner import MultiTaskRunner
from mtcp_mm.registry import DATASETS
from mtcp_mm.utils.settings import load_config_file
from tests.doc_blocks import read_blocks
from tests.mini_data import write_driving_sets
from tests.test_configs import (  # noqa: F401  a fixture
    CONFIG_DIR,
    GradientWatch,
    default_scope,
    fit_to_test,
)

PAGE = dict(read_blocks('driving_data.md'))['tiny_driving.py']


def load(kind, folder, extra=''):
    """The config of the page, for any of the data sets."""
    path = folder / f'{kind}.py'
    text = PAGE.replace('vkitti2', kind) + extra
    path.write_text(text.replace("'configs/", f"'{CONFIG_DIR}/"))
    return load_config_file(path)


@pytest.fixture(scope='module')
def roots(tmp_path_factory):
    return write_driving_sets(tmp_path_factory.mktemp('driving'))


@pytest.mark.parametrize('kind', ['cityscapes', 'vkitti2', 'synthia'])
def test_trains_and_tests(kind, roots, tmp_path):
    """Oracle: a finite loss and a number for every score."""
    cfg = fit_to_test(load(kind, tmp_path), tmp_path / f'{kind}.py', roots,
                      tmp_path / f'run_{kind}')
    runner = MultiTaskRunner(**{
        key: cfg[key]
        for key in inspect.signature(Runner).parameters if key in cfg
    })
    watch = GradientWatch()
    runner.register_hook(watch)
    runner.train()
    assert torch.isfinite(watch.loss)
    scores = runner.test()
    keys = runner.test_evaluator.higher_is_better
    assert {'semseg/mIoU', 'depth/rmse@range', 'normals/mean'} <= set(keys)
    assert {k for k in keys if not math.isfinite(scores[k])} == set()


@pytest.mark.parametrize('kind, number', [
    ('cityscapes', 16), ('vkitti2', 8), ('synthia', 7)])
def test_two_lines_change_the_classes(kind, number, roots, tmp_path):
    """What the config says in its comment."""
    cfg = load(kind, tmp_path, f"""
dataset = dict(classes={number})
tasks = dict(semseg=dict(num_classes={number}))
""")
    sets = cfg.val_dataloader.dataset
    sets.update(data_root=str(roots[sets.type]), _scope_='mtcp_mm')
    dataset = DATASETS.build(sets)
    assert len(dataset.metainfo['classes']) == number
    assert cfg.model.tasks.semseg.num_classes == number
