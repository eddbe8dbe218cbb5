# Copyright (c) mtcp_mm authors. All rights reserved.
from torch import Tensor

from mtcp_mm.registry import TASKS
from .mask import MaskTask


@TASKS.register_module()
class SaliencyTask(MaskTask):
    """Saliency: the probability that a pixel belongs to what stands out.

    Label, prediction and options as in :class:`MaskTask`; yes = salient.
    """

    label_format = ('(H, W), 1 (or 255) where something stand'
                    's out and 0 elsewhere')
    default_loss = dict(type='mtcp_mm.BalancedBCELoss')
    default_metric = dict(type='mtcp_mm.SaliencyMetric')

    def constant_sums(self, target: Tensor) -> Tensor:
        """Salient pixels, float64 scalar."""
        return (target == 1).sum().double()

    def constant_prediction(self, sums: Tensor) -> Tensor:
        """1 if anything is ever salient, float32 (1, 1, 1).

        Scores are the best over thresholds, so a constant marks everything
        or nothing, and everything is the better answer.
        """
        return (sums > 0).float().view(1, 1, 1)
