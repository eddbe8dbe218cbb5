# Copyright (c) mtcp_mm authors. All rights reserved.
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from mtcp_mm.registry import MODELS


@MODELS.register_module()
class CosineCoherenceLoss(nn.Module):
    """Cosine distance of two feature maps, pixel by pixel (MT-CP, Sec. 3.3).

    Args:
        loss_weight (float): Factor; the paper names none. Defaults to 1.

    Shape:
        - main, aux: (N, C, H, W)
        - output: scalar in [0, 2 * loss_weight], mean of 1 - cos
    """

    def __init__(self, loss_weight: float = 1.) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, main: Tensor, aux: Tensor) -> Tensor:
        """Compute the loss; see the class for shapes."""
        cosine = F.cosine_similarity(main.float(), aux.float(), dim=1)
        return self.loss_weight * (1 - cosine).mean()
