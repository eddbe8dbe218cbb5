# Copyright (c) mtcp_mm authors. All rights reserved.
from torch import Tensor

from mtcp_mm.registry import METRICS
from .segmentation_metric import SegmentationMetric


@METRICS.register_module()
class HumanPartsMetric(SegmentationMetric):
    """mIoU over background and the parts of people, in percent.

    An image whose label shows no part (nothing but 0 and void) does not
    count, as in ATRC and InvPT: PASCAL-Part leaves the people of such an
    image unlabelled, so its "background" is no evidence. Protocol ``mtcp``
    leaves out what the evaluation of ASTMT and MTI-Net does: labels that
    hold one value, 0 or void. The two differ in labels of 0 and void.

    Args: See :class:`SegmentationMetric`.
    """

    def update(self, pred: Tensor, target: Tensor,
               protocol: str) -> dict[str, Tensor]:
        """See :class:`DenseTaskMetric`."""
        found, nothing = set(target.unique().tolist()), {0, self.ignore_index}
        if found <= nothing and (protocol != 'mtcp' or len(found) == 1):
            return {}
        return super().update(pred, target, protocol)
