# Copyright (c) mtcp_mm authors. All rights reserved.
import logging

from mmengine.logging import print_log
from prettytable import PrettyTable
from torch import Tensor

from mtcp_mm.evaluation.functional.segmentation import (
    PROTOCOLS,
    resize_label_map,
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
        protocols (str | Sequence[str], optional): Out of ``logits``,
            ``absent_zero``, ``label_nearest``, ``mtcp``; see
            docs/protocols.md and :class:`DenseTaskMetric`. The last two need
            the label map at the size of the network's input, which the
            estimator hands out as ``pred_<task>_input``.
        **kwargs: See :class:`DenseTaskMetric`.
    """

    known_protocols = {name: rule.note for name, rule in PROTOCOLS.items()}
    input_size_protocols = tuple(
        name for name, rule in PROTOCOLS.items() if rule.resize == 'labels')
    higher_is_better = dict(mIoU=True, mAcc=True, aAcc=True)

    def __init__(self,
                 task: str,
                 num_classes: int | None = None,
                 ignore_index: int = 255,
                 **kwargs) -> None:
        super().__init__(task, **kwargs)
        self._num_classes = num_classes
        self._told_absent = False
        self.ignore_index = ignore_index

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

    def fetch_prediction(self, sample: dict, protocol: str) -> Tensor:
        """See :class:`DenseTaskMetric`."""
        if protocol not in self.input_size_protocols:
            return super().fetch_prediction(sample, protocol)
        pred = sample.get(f'pred_{self.task}_input')
        if pred is None:
            raise KeyError(
                f'Protocol {protocol!r} of task `{self.task}` needs the label '
                f'map at the size of the input, `pred_{self.task}_input`, but '
                f'the sample has {sorted(sample)}. MultiTaskEstimator adds '
                'it; another model has to do so, too.')
        return pred['data']

    def update(self, pred: Tensor, target: Tensor,
               protocol: str) -> dict[str, Tensor]:
        """See :class:`DenseTaskMetric`."""
        if protocol in self.input_size_protocols:
            pred = resize_label_map(pred, target.shape[-2:])
        return segmentation_sums(pred, target, self.num_classes,
                                 self.ignore_index)

    def compute(self, sums: dict[str, Tensor],
                protocol: str) -> dict[str, float]:
        """See :class:`DenseTaskMetric`; prints a table of the classes."""
        scores = segmentation_scores(sums, protocol)
        iou, acc = scores.pop('IoU'), scores.pop('Acc')
        names = self.task_meta.get('classes', ())
        if len(names) != len(iou):
            names = range(len(iou))
        self._tell_absent([str(name) for name, area in zip(
            names, sums['label'].tolist()) if not area], len(iou))
        table = PrettyTable(['Class', 'IoU', 'Acc'])
        table.add_rows([[name, f'{i:.2f}', f'{a:.2f}']
                        for name, i, a in zip(names, iou, acc)])
        print_log(
            f'Per class results of `{self.task}` (protocol `{protocol}`):'
            f'\n{table}',
            logger='current')
        self.details[protocol] = dict(classes=list(names), IoU=iou, Acc=acc)
        return scores

    def _tell_absent(self, absent: list[str], number: int) -> None:
        """Once, say which classes the labels lack: mIoU does not show it."""
        only = number - len(absent) == 1
        if self._told_absent or len(absent) == number or not (absent or only):
            return
        self._told_absent = True
        fault = (
            ': whoever predicts one class everywhere has mIoU 100. Are these '
            'masks of 0 and 255, of which 255 is read as void, or is '
            '`num_classes` without the background?' if only else '.')
        print_log(
            f'{len(absent)} of the {number} classes of task `{self.task}` '
            f'never occur in the labels ({", ".join(absent) or "one class"})'
            f'{fault}',
            logger='current',
            level=logging.WARNING)
