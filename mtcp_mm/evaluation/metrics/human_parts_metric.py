# Copyright (c) mtcp_mm authors. All rights reserved.
from torch import Tensor

from mtcp_mm.registry import METRICS
from .segmentation_metric import SegmentationMetric


@METRICS.register_module()
class HumanPartsMetric(SegmentationMetric):
    """mIoU over background and the parts of people, in percent.

    An image whose label shows no part (nothing but 0 and void) does not
    count, as in ASTMT, MTI-Net, ATRC and InvPT: PASCAL-Part leaves the
    people of such an image unlabelled, so its "background" is no evidence.

    Args: See :class:`SegmentationMetric`.
    """

    def update(self, pred: Tensor, target: Tensor,
               protocol: str) -> dict[str, Tensor]:
        """See :class:`DenseTaskMetric`."""
        if not ((target != 0) & (target != self.ignore_index)).any():
            return {}
        return super().update(pred, target, protocol)
