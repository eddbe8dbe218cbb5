# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest

from mtcp_mm.tasks import DenseTask, build_tasks


class TestBuildTasks:
    """Oracle: hand-written names and fields."""

    def test_names_and_fields(self):
        tasks = build_tasks(
            dict(
                seg40=dict(type='mtcp_mm.SemSegTask', num_classes=40),
                depth=dict(type='mtcp_mm.DepthTask')))
        assert list(tasks) == ['seg40', 'depth']
        assert tasks['seg40'].gt_key == 'gt_seg40'
        assert tasks['depth'].pred_key == 'pred_depth'
        assert all(isinstance(t, DenseTask) for t in tasks.values())

    def test_own_loss_and_metrics(self):
        task = build_tasks(
            dict(
                depth=dict(
                    type='mtcp_mm.DepthTask',
                    loss=dict(type='SmoothL1Loss'),
                    metric=[dict(type='A'), dict(type='B')])))['depth']
        assert task.loss_cfg == dict(type='SmoothL1Loss')
        assert task.metric_cfgs == [dict(type='A'), dict(type='B')]

    def test_errors(self):
        with pytest.raises(ValueError, match='non-empty dict'):
            build_tasks({})
        with pytest.raises(ValueError, match="'my depth'.*identifier"):
            build_tasks({'my depth': dict(type='mtcp_mm.DepthTask')})
