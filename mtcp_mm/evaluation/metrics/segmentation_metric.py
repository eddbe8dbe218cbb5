# Copyright (c) mtcp_mm authors. All rights reserved.
from mmengine.logging import print_log
from prettytable import PrettyTable
from torch import Tensor

from mtcp_mm.evaluation.functional import (
    segmentation_scores,
    segmentation_sums,
)
from mtcp_mm.registry import METRICS
from .base import DenseTaskMetric


@METRICS.register_module()
class SegmentationMetric(DenseTaskMetric):
    """mIoU, mAcc and aAcc of a label map, in percent.

    Unlike mmseg's ``IoUMetric`` it can score several label maps with
    different classes in one run.

    Args:
        task (str): Name of the task.
        num_classes (int, optional): Defaults to what the task says, else to
            the number of ``classes`` in the data set's ``task_meta``.
        ignore_index (int): Label of a void pixel. Defaults to 255.
        absent (str): 'skip' leaves a class that does not occur out of the
            means, 'zero' counts it as 0; see
            :func:`mtcp_mm.evaluation.functional.segmentation_scores`.
            Defaults to 'skip'.
        **kwargs: See :class:`DenseTaskMetric`.
    """

    higher_is_better = dict(mIoU=True, mAcc=True, aAcc=True)

    def __init__(self,
                 task: str,
                 num_classes: int | None = None,
                 ignore_index: int = 255,
                 absent: str = 'skip',
                 **kwargs) -> None:
        super().__init__(task, **kwargs)
        self._num_classes = num_classes
        self.ignore_index = ignore_index
        self.absent = absent

    @property
    def num_classes(self) -> int:
        """int: Number of classes.

        Raises:
            ValueError: Nobody says it.
        """
        number = (
            self._num_classes or getattr(self.dense_task, 'num_classes', None)
            or len(self.task_meta.get('classes', ())))
        if not number:
            raise ValueError(
                f'SegmentationMetric does not know how many classes task '
                f'`{self.task}` has: pass `num_classes`, or give the data '
                f'set `metainfo=dict(task_meta=dict({self.task}=dict('
                'classes=...)))`.')
        return number

    def update(self, pred: Tensor, target: Tensor) -> dict[str, Tensor]:
        """See :class:`DenseTaskMetric`."""
        return segmentation_sums(pred, target, self.num_classes,
                                 self.ignore_index)

    def compute(self, sums: dict[str, Tensor]) -> dict[str, float]:
        """See :class:`DenseTaskMetric`; prints a table of the classes."""
        scores = segmentation_scores(sums, self.absent)
        iou, acc = scores.pop('IoU'), scores.pop('Acc')
        names = self.task_meta.get('classes', ())
        if len(names) != len(iou):
            names = range(len(iou))
        table = PrettyTable(['Class', 'IoU', 'Acc'])
        table.add_rows([[name, f'{i:.2f}', f'{a:.2f}']
                        for name, i, a in zip(names, iou, acc)])
        print_log(
            f'Per class results of `{self.task}`:\n{table}', logger='current')
        return scores
