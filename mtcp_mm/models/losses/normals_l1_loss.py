# Copyright (c) mtcp_mm authors. All rights reserved.
import torch.nn as nn
from torch import Tensor

from mtcp_mm.registry import MODELS
from .utils import masked_mean, unit_vectors


@MODELS.register_module()
class NormalsL1Loss(nn.Module):
    """L1 distance of unit vectors over the labelled pixels.

    "L1 loss with normalisation" (MT-CP, Sec. 4.2): the prediction is brought
    to unit length first. At the same weight in the total, papers differ by a
    factor of 3: MTI-Net's line divides by the labelled components, ATRC's by
    the labelled pixels.

    Args:
        over (str): Whose mean the loss is, 'components' or 'pixels': the
            error of a pixel is then the sum of its 3 components. Defaults to
            'components'.
        loss_weight (float): Factor. Defaults to 1.

    Shape:
        - pred: (N, 3, H, W), any length
        - target: (N, 3, H, W), unit length where valid
        - valid: bool, (N, H, W)
        - output: scalar; 0 with a live graph if no pixel is valid

    Raises:
        ValueError: Unknown ``over``.
    """

    def __init__(self,
                 loss_weight: float = 1.,
                 over: str = 'components') -> None:
        super().__init__()
        if over not in ('components', 'pixels'):
            raise ValueError("`over` of NormalsL1Loss must be 'components' or "
                             f"'pixels', but is {over!r}")
        self.loss_weight, self.over = loss_weight, over

    def forward(self, pred: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Compute the loss; see the class for shapes."""
        error = (unit_vectors(pred) - target).abs()
        error = error.mean(1) if self.over == 'components' else error.sum(1)
        return self.loss_weight * masked_mean(error, valid)
