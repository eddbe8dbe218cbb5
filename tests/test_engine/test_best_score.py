# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
from mmengine.evaluator import BaseMetric, Evaluator
from mmengine.hooks import CheckpointHook
from torch import nn

from mtcp_mm.engine.best_score import choose_best
from mtcp_mm.engine.runner import MultiTaskRunner
from mtcp_mm.evaluation import MultiTaskEvaluator
from mtcp_mm.evaluation.metrics import DepthMetric
from mtcp_mm.utils.errors import UsageError

SEMSEG = dict(semseg=dict(type='mtcp_mm.SemSegTask', num_classes=2))
DEPTH = dict(depth=dict(type='mtcp_mm.DepthTask'))
HELPER = dict(edge=dict(type='mtcp_mm.EdgeTask', helper=True))


class Foreign(BaseMetric):
    """Of another package: nobody knows what it yields."""

    def process(self, data_batch, data_samples):
        pass

    def compute_metrics(self, results):
        return {}


class TestChooseBest:
    """Oracle: mmengine's hook with key and rule written out."""

    @pytest.mark.parametrize('tasks, key, rule', [
        ({**SEMSEG, **DEPTH}, 'semseg/mIoU', 'greater'),
        ({**DEPTH, **SEMSEG}, 'depth/rmse', 'less'),
        ({**HELPER, **DEPTH}, 'depth/rmse', 'less'),
    ])
    def test_follows_the_tasks(self, tasks, key, rule):
        hook, expected = CheckpointHook(save_best='auto'), CheckpointHook(
            save_best=key, rule=rule)
        choose_best(hook, MultiTaskEvaluator(tasks=tasks))
        assert hook.key_indicators == expected.key_indicators
        assert hook.rules == expected.rules
        for new in (1., 3.):
            assert (hook.is_better_than[key](new, 2.) ==
                    expected.is_better_than[key](new, 2.))

    def test_plain_evaluator(self):
        hook = CheckpointHook(save_best='auto')
        choose_best(hook, Evaluator([DepthMetric('depth')]))
        assert hook.key_indicators == ['depth/rmse']

    def test_unknown_key(self):
        hook = CheckpointHook(save_best=['depth/rmse', 'semseg/mIoU'],
                              rule=['less', 'greater'])
        with pytest.raises(UsageError, match=r"'semseg/mIoU', but the "
                           r"validation yields \['depth/abs_rel'"):
            choose_best(hook, MultiTaskEvaluator(tasks=DEPTH))

    def test_wrong_rule(self):
        hook = CheckpointHook(save_best='depth/rmse', rule='greater')
        with pytest.raises(UsageError, match="worst 'depth/rmse'.*'less'"):
            choose_best(hook, MultiTaskEvaluator(tasks=DEPTH))

    def test_metrics_of_others_are_not_guessed(self):
        hook = CheckpointHook(save_best='mIoU')
        choose_best(hook, Evaluator([Foreign(), DepthMetric('depth')]))
        assert hook.key_indicators == ['mIoU']
        assert hook.rules == ['greater']

    def test_before_the_first_epoch(self, tmp_path):
        """The loop is built before anything is trained."""

        class Data:
            metainfo = dict(tasks=DEPTH)

            def __len__(self):
                return 1

        runner = MultiTaskRunner(
            nn.Linear(1, 1),
            str(tmp_path),
            val_dataloader=dict(
                dataset=Data(), batch_size=1, num_workers=0,
                sampler=dict(type='DefaultSampler', shuffle=False)),
            val_cfg=dict(),
            val_evaluator=dict(
                type='mtcp_mm.MultiTaskEvaluator', metrics=None),
            default_hooks=dict(
                checkpoint=dict(type='CheckpointHook', save_best='a/mIoU')),
            experiment_name=tmp_path.name)
        with pytest.raises(UsageError, match='a/mIoU'):
            runner.build_val_loop(runner._val_loop)
