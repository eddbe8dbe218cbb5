# Copyright (c) mtcp_mm authors. All rights reserved.
import torch.nn as nn
from torch import Tensor

from mtcp_mm.registry import MODELS
from .utils import masked_mean


@MODELS.register_module()
class MaskedL1Loss(nn.Module):
    """Mean absolute error over the labelled pixels.

    Args:
        loss_weight (float): Factor. Defaults to 1.

    Shape:
        - pred, target: (N, C, H, W)
        - valid: bool, (N, H, W)
        - output: scalar; 0 with a live graph if no pixel is valid
    """

    def __init__(self, loss_weight: float = 1.) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Compute the loss; see the class for shapes."""
        error = (pred - target).abs().mean(dim=1)
        return self.loss_weight * masked_mean(error, valid)
