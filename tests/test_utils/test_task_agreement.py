# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
from mmengine.config import ConfigDict

from mtcp_mm.utils.task_agreement import check_task_agreement


def tasks(num_classes=3, **further):
    return dict(
        semseg=dict(type='mtcp_mm.SemSegTask', num_classes=num_classes),
        **further)


DEPTH = dict(type='mtcp_mm.DepthTask')


class TestCheckTaskAgreement:
    """Oracle: configs whose fault is known, and the key that holds it."""

    def test_agrees(self):
        check_task_agreement(
            ConfigDict(
                model=dict(tasks=tasks(depth=DEPTH)),
                train_dataloader=dict(dataset=dict(tasks=tasks())),
                val_evaluator=dict(tasks=tasks(depth=DEPTH))))

    def test_leaves_other_models_alone(self):
        check_task_agreement(
            dict(
                model=dict(type='EncoderDecoder'),
                train_dataloader=dict(dataset=dict(tasks=tasks()))))

    def test_misspelt_task(self):
        with pytest.raises(ValueError, match='task `semsegs` has no `type`.*'
                           r'tasks are semseg, semsegs\)'):
            check_task_agreement(
                dict(model=dict(tasks=tasks(semsegs=dict(num_classes=2)))))

    def test_number_of_classes(self):
        with pytest.raises(
                ValueError,
                match=r'val_dataloader\.dataset\.tasks\.semseg\.num_classes '
                r'is 4, but model\.tasks\.semseg\.num_classes is 3'):
            check_task_agreement(
                ConfigDict(
                    model=dict(tasks=tasks(3)),
                    val_dataloader=dict(dataset=dict(tasks=tasks(4)))))

    def test_task_that_the_model_lacks_in_a_wrapped_data_set(self):
        wrapped = dict(
            type='ConcatDataset',
            datasets=[dict(tasks=tasks()),
                      dict(tasks=tasks(depth=DEPTH))])
        with pytest.raises(
                ValueError,
                match=r'train_dataloader\.dataset\.datasets\.1\.tasks names '
                'the task `depth`.*it has semseg'):
            check_task_agreement(
                ConfigDict(
                    model=dict(tasks=tasks()),
                    train_dataloader=dict(dataset=wrapped)))
