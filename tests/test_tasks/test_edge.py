# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch

from mtcp_mm.evaluation import EdgeMetric, MultiTaskEvaluator
from mtcp_mm.tasks import build_tasks


@pytest.fixture
def task():
    return build_tasks(dict(edge=dict(type='mtcp_mm.EdgeTask')))['edge']


class TestEdgeTask:
    """Oracle: maps written by hand."""

    @pytest.mark.parametrize('raw', [
        np.array([[0., 1.]], np.float32),
        np.array([[0, 1]], np.uint8),
        np.array([[3, 255]], np.uint8),
    ])
    def test_both_archives_decode_alike(self, task, raw):
        assert task.decode_label(raw).tolist() == [[0, 1]]

    def test_probability(self, task):
        out = task.predict(torch.zeros(1, 1, 1))
        assert out.item() == .5

    def test_void_is_not_valid(self, task):
        target = torch.tensor([[[0., 1., 255.]]])
        assert task.valid_mask(target).tolist() == [[True, True, False]]
        sums = task.constant_sums(target)
        assert task.constant_prediction(sums).item() == .5

    def test_weight_reaches_the_loss(self):
        tasks = build_tasks(
            dict(edge=dict(type='mtcp_mm.EdgeTask', pos_weight=.8)))
        assert tasks['edge'].loss_cfg['pos_weight'] == .8

    def test_wrong_shape(self, task):
        with pytest.raises(ValueError, match=r'e.npy.*\(2, 2, 3\)'):
            task.decode_label(np.zeros((2, 2, 3)), 'e.npy')

    def test_is_scored_by_default(self):
        evaluator = MultiTaskEvaluator(
            tasks=dict(contour=dict(type='mtcp_mm.EdgeTask')))
        metric, = evaluator.metrics
        assert isinstance(metric, EdgeMetric) and metric.task == 'contour'
