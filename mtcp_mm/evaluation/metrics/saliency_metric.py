# Copyright (c) mtcp_mm authors. All rights reserved.
from torch import Tensor

from mtcp_mm.evaluation.functional.saliency import (
    PROTOCOLS,
    saliency_scores,
    saliency_sums,
)
from mtcp_mm.registry import METRICS
from .base import DenseTaskMetric


@METRICS.register_module()
class SaliencyMetric(DenseTaskMetric):
    """maxF and mIoU of a saliency map, in percent.

    Args:
        task (str): Name of the task.
        ignore_index (int): Label of a void pixel. Defaults to 255.
        protocols (str | Sequence[str], optional): Out of ``dataset_f03``,
            ``per_image_f1``, ``double_sigmoid``; the last has no mIoU. See
            docs/protocols.md and :class:`DenseTaskMetric`.
        **kwargs: See :class:`DenseTaskMetric`.
    """

    known_protocols = {name: rule.note for name, rule in PROTOCOLS.items()}
    higher_is_better = dict(maxF=True, mIoU=True)

    def __init__(self, task: str, ignore_index: int = 255, **kwargs) -> None:
        super().__init__(task, **kwargs)
        self.ignore_index = ignore_index

    @classmethod
    def scores_of(cls, protocol: str) -> dict[str, bool]:
        """See :class:`DenseTaskMetric`."""
        scores = dict(super().scores_of(protocol))
        if not PROTOCOLS[protocol].iou:
            del scores['mIoU']
        return scores

    compute = staticmethod(saliency_scores)

    def update(self, pred: Tensor, target: Tensor,
               protocol: str) -> dict[str, Tensor]:
        """See :class:`DenseTaskMetric`."""
        return saliency_sums(pred, target, protocol, self.ignore_index)
