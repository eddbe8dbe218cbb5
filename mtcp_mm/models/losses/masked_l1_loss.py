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
        max_target (float, optional): A value counts only where its target is
            smaller. The released code of MT-CP has 6.5535 (m) for depth.
            None: no limit.

    Shape:
        - pred, target: (N, C, H, W)
        - valid: bool, (N, H, W)
        - output: scalar; 0 with a live graph if no pixel is valid
    """

    def __init__(self,
                 loss_weight: float = 1.,
                 max_target: float | None = None) -> None:
        super().__init__()
        self.loss_weight = loss_weight
        self.max_target = max_target

    def forward(self, pred: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Compute the loss; see the class for shapes."""
        error = (pred - target).abs()
        if self.max_target is not None:
            counts = valid[:, None] & (target < self.max_target)
            return self.loss_weight * masked_mean(error, counts)
        error = error.mean(dim=1)
        return self.loss_weight * masked_mean(error, valid)
