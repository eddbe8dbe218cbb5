# Copyright (c) mtcp_mm authors. All rights reserved.
from torch import Tensor

from mtcp_mm.evaluation.functional import depth_scores, depth_sums
from mtcp_mm.registry import METRICS
from .base import DenseTaskMetric


@METRICS.register_module()
class DepthMetric(DenseTaskMetric):
    """RMSE and MAE in metres and relative error of a depth map.

    Pooled over the pixels of the whole set (mmseg's ``DepthMetric`` averages
    the RMSE of the images, which is another number). Every pixel with a
    depth > 0 counts.

    Args:
        task (str): Name of the task.
        **kwargs: See :class:`DenseTaskMetric`.
    """

    known_protocols = dict(pooled='every pixel with a depth weighs the same')
    higher_is_better = dict(rmse=False, mae=False, abs_rel=False)

    def update(self, pred: Tensor, target: Tensor,
               protocol: str) -> dict[str, Tensor]:
        """See :class:`DenseTaskMetric`."""
        return depth_sums(pred, target)

    def compute(self, sums: dict[str, Tensor],
                protocol: str) -> dict[str, float]:
        """See :class:`DenseTaskMetric`."""
        return depth_scores(sums)
