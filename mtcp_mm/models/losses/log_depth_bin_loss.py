# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import torch.nn as nn
from torch import Tensor

from mtcp_mm.registry import MODELS
from .utils import masked_cross_entropy


@MODELS.register_module()
class LogDepthBinLoss(nn.Module):
    """Cross entropy of depth as classes, whose logarithms are equally wide.

    Nearer and farther depths belong to the first and the last class. For
    auxiliary logits, as those of ATRC.

    Args:
        num_classes (int): K. Defaults to 40.
        nearest (float): Where the first class starts, metres. Defaults to
            0.7.
        farthest (float): Where the last one ends, metres. Defaults to 10.
        loss_weight (float): Factor. Defaults to 1.

    Shape:
        - pred: logits, (N, K, h, w), any size; enlarged to that of the target
        - target: metres where valid, (N, 1, H, W)
        - valid: bool, (N, H, W)
        - output: scalar; 0 with a live graph if no pixel is valid

    Raises:
        ValueError: Not 0 < ``nearest`` < ``farthest``.
    """

    def __init__(self,
                 num_classes: int = 40,
                 nearest: float = 0.7,
                 farthest: float = 10.,
                 loss_weight: float = 1.) -> None:
        super().__init__()
        if not 0 < nearest < farthest < math.inf:
            raise ValueError(
                'LogDepthBinLoss needs 0 < `nearest` < `farthest` in metres, '
                f'but they are {nearest} and {farthest}')
        self.num_classes, self.loss_weight = num_classes, loss_weight
        self.nearest, self.farthest = nearest, farthest

    def classes_of(self, target: Tensor) -> Tensor:
        """Class of every depth (N, 1, H, W), int64 (N, H, W)."""
        depth = target[:, 0].clamp(min=self.nearest)
        share = (depth / self.nearest).log() / math.log(
            self.farthest / self.nearest)
        return (share * self.num_classes).long().clamp(
            max=self.num_classes - 1)

    def forward(self, pred: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Compute the loss; see the class for shapes."""
        return self.loss_weight * masked_cross_entropy(
            pred, self.classes_of(target), valid)
