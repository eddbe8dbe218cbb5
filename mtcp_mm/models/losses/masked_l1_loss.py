# Copyright (c) mtcp_mm authors. All rights reserved.
import torch
import torch.nn as nn
from torch import Tensor

from mtcp_mm.registry import MODELS
from .utils import masked_mean


@MODELS.register_module()
class MaskedL1Loss(nn.Module):
    """Mean absolute error over the labelled pixels.

    Args:
        loss_weight (float): Factor. Defaults to 1.
        missing_as (float, optional): What a pixel without label is trained
            to be, as the code of MTI-Net and InvPT trains missing depths to
            be 0 m; what padding and rotation filled in counts here, too,
            there it does not. Defaults to None: such a pixel does not count.

    Shape:
        - pred, target: (N, C, H, W)
        - valid: bool, (N, H, W)
        - output: scalar; 0 with a live graph if no pixel counts
    """

    def __init__(self,
                 loss_weight: float = 1.,
                 missing_as: float | None = None) -> None:
        super().__init__()
        self.loss_weight, self.missing_as = loss_weight, missing_as

    def forward(self, pred: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Compute the loss; see the class for shapes."""
        if self.missing_as is not None:
            target = torch.where(valid[:, None], target, self.missing_as)
            valid = torch.ones_like(valid)
        error = (pred - target).abs().mean(dim=1)
        return self.loss_weight * masked_mean(error, valid)
