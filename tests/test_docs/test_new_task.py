# Copyright (c) mtcp_mm authors. All rights reserved.
import json
import sys

import numpy as np
import pytest

from mtcp_mm.registry import DATASETS, METRICS, TASKS
from mtcp_mm.utils.settings import load_config_file
from tests.doc_blocks import follow


@pytest.fixture
def forget(monkeypatch):
    """The page registers a task and a metric: take them back."""
    yield
    sys.modules.pop('disparity', None)
    TASKS.module_dict.pop('DisparityTask', None)
    METRICS.module_dict.pop('DisparityMetric', None)


def test_new_task(tmp_path, monkeypatch, forget):
    """Oracle: the promises of the page, and 1 / depth of the files."""
    output, = follow('new_task.md', tmp_path)
    assert 'lps_weight_disparity: 1.0' in output
    metrics = json.loads((
        tmp_path / 'work_dirs/disparity_demo/metrics.json').read_text())
    assert metrics['disparity/mae'] > 0
    pictures = tmp_path / 'work_dirs/disparity_demo/pictures'
    assert len(list(pictures.iterdir())) == 4

    monkeypatch.syspath_prepend(str(tmp_path))
    cfg = load_config_file(tmp_path / 'disparity_demo.py')
    dataset = cfg.val_dataloader.dataset
    dataset.data_root = str(tmp_path / 'data/small')
    dataset.pipeline = [dict(type='mtcp_mm.LoadMultiTaskAnnotations')]
    for item in DATASETS.build(dataset):
        depth = np.load(item['label_infos']['depth']['path'])
        np.testing.assert_allclose(item['gt_disparity'], 1 / depth, rtol=1e-6)
