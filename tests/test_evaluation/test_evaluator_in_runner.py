# Copyright (c) mtcp_mm authors. All rights reserved.
"""The evaluator inside of mmengine's runner."""

import pytest
import torch
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.hooks import CheckpointHook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import Dataset

from mtcp_mm.evaluation import DepthMetric, MultiTaskEvaluator
from mtcp_mm.registry import METRICS
from tests.test_evaluation.test_evaluator import TASKS, evaluate, make_sample


class ToySet(Dataset):
    metainfo = dict(
        tasks=TASKS, task_meta=dict(semseg=dict(classes=tuple('abcd'))))

    def __len__(self):
        return 5

    def __getitem__(self, index):
        return dict(inputs=torch.zeros(1), data_samples=make_sample(index))


class ToyModel(BaseModel):

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1)

    def forward(self, inputs, data_samples, mode='tensor'):
        if mode == 'loss':
            return dict(loss=self.layer(torch.stack(inputs)).mean())
        return data_samples


class WorseDepth(DepthMetric):
    """Grows from epoch to epoch: 1, 2, ..."""
    calls = 0

    def compute(self, sums, protocol):
        self.calls += 1
        return dict(rmse=float(self.calls))


@pytest.fixture
def toy_runner(tmp_path):

    def build(evaluator, epochs=2, **hook):
        loader = dict(
            batch_size=2,
            num_workers=0,
            dataset=ToySet(),
            collate_fn=dict(type='pseudo_collate'),
            sampler=dict(type='DefaultSampler', shuffle=False))
        return Runner(
            ToyModel(),
            str(tmp_path),
            train_dataloader=loader,
            val_dataloader=dict(loader),
            train_cfg=dict(by_epoch=True, max_epochs=epochs),
            val_cfg=dict(),
            val_evaluator=evaluator,
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=.1)),
            default_scope='mmseg',
            default_hooks=dict(
                checkpoint=dict(type='CheckpointHook', interval=-1, **hook)),
            experiment_name=tmp_path.name)

    yield build
    for name in ('TestWorseDepth', ):
        METRICS.module_dict.pop(name, None)


class TestInRunner:
    """Oracle: the direct call of `evaluate`, and the files on disk."""

    def test_evaluator_of_config(self, toy_runner):
        cfg = Config(
            dict(
                tasks=TASKS,
                val_evaluator=dict(
                    type='mtcp_mm.MultiTaskEvaluator', metrics=None)))
        runner = toy_runner(cfg.val_evaluator)
        assert runner.val() == evaluate(range(5), 1, 5)
        assert isinstance(runner.val_evaluator, MultiTaskEvaluator)

    def test_plain_list_of_metrics(self, toy_runner):
        runner = toy_runner([
            dict(type='mtcp_mm.SegmentationMetric', task='semseg'),
            dict(type='mtcp_mm.DepthMetric', task='depth'),
        ])
        scores = runner.val()
        assert type(runner.val_evaluator) is Evaluator
        expected = evaluate(range(5), 1, 5)
        assert scores == {k: expected[k] for k in scores}
        assert {'semseg/mIoU', 'depth/rmse'} < set(scores)

    @pytest.mark.parametrize('rule, best', [('less', 1), ('greater', 3)])
    def test_save_best(self, toy_runner, tmp_path, rule, best):
        METRICS.register_module(name='TestWorseDepth', module=WorseDepth)
        toy_runner(
            dict(type='mtcp_mm.TestWorseDepth', task='depth'),
            epochs=3,
            save_best='depth/rmse',
            rule=rule).train()
        assert [p.name for p in tmp_path.glob('best*')
                ] == [f'best_depth_rmse_epoch_{best}.pth']

    def test_save_best_of_several_keys(self, toy_runner, tmp_path):
        toy_runner(
            dict(
                type='mtcp_mm.MultiTaskEvaluator', metrics=None),
            save_best=['semseg/mIoU', 'depth/rmse', 'normals/within_11.25'],
            rule=['greater', 'less', 'greater']).train()
        assert sorted(p.name for p in tmp_path.glob('best*')) == [
            'best_depth_rmse_epoch_1.pth',
            'best_normals_within_11.25_epoch_1.pth',
            'best_semseg_mIoU_epoch_1.pth'
        ]

    def test_miou_needs_no_rule(self):
        hook = CheckpointHook(save_best='semseg/mIoU')
        assert hook.rules == ['greater']
