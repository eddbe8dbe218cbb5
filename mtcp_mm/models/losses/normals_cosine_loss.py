# Copyright (c) mtcp_mm authors. All rights reserved.
import torch.nn as nn
from torch import Tensor

from mtcp_mm.registry import MODELS
from .utils import masked_mean, unit_vectors


@MODELS.register_module()
class NormalsCosineLoss(nn.Module):
    """1 - cos of the angle between normals, over the labelled pixels.

    With it DenseMTL trains normals.

    Args:
        loss_weight (float): Factor. Defaults to 1.

    Shape:
        - pred: (N, 3, H, W), any length
        - target: (N, 3, H, W), unit length where valid
        - valid: bool, (N, H, W)
        - output: scalar in [0, 2 * loss_weight]; 0 with a live graph if no
          pixel is valid
    """

    def __init__(self, loss_weight: float = 1.) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Compute the loss; see the class for shapes."""
        cosine = (unit_vectors(pred) * target).sum(1)
        return self.loss_weight * masked_mean(1 - cosine, valid)
