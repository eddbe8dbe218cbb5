# Copyright (c) mtcp_mm authors. All rights reserved.
import torch.nn as nn
from torch import Tensor

from mtcp_mm.registry import MODELS
from .utils import masked_mean, unit_vectors


@MODELS.register_module()
class NormalsL1Loss(nn.Module):
    """L1 distance of unit vectors over the labelled pixels.

    "L1 loss with normalisation" (MT-CP, Sec. 4.2): the prediction is brought
    to unit length first.

    Args:
        loss_weight (float): Factor. Defaults to 1.

    Shape:
        - pred: (N, 3, H, W), any length
        - target: (N, 3, H, W), unit length where valid
        - valid: bool, (N, H, W)
        - output: scalar, mean over pixels and the 3 components
    """

    def __init__(self, loss_weight: float = 1.) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Compute the loss; see the class for shapes."""
        error = (unit_vectors(pred) - target).abs().mean(1)
        return self.loss_weight * masked_mean(error, valid)
