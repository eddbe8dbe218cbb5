# Copyright (c) mtcp_mm authors. All rights reserved.
import torch
import torch.nn as nn
from torch import Tensor

from mtcp_mm.registry import MODELS
from .utils import masked_mean


@MODELS.register_module()
class BerHuLoss(nn.Module):
    """Reverse Huber loss: |e| up to c, (e^2 + c^2) / (2 c) above.

    c is a share of the largest error in the batch, taken as a constant.
    Source: Laina et al., Deeper Depth Prediction, 3DV 2016.

    Args:
        share (float): c / max|e|, in (0, 1]. Defaults to 0.2.
        over (str): Whose mean the loss is: 'labelled' pixels, or 'all', with
            an error of 0 where there is no label, as the released code of
            DenseMTL has it; there an image counts the less the fewer labels
            it has, and so does one that is padded. Defaults to 'labelled'.
        loss_weight (float): Factor. Defaults to 1.

    Shape:
        - pred, target: (N, C, H, W)
        - valid: bool, (N, H, W)
        - output: scalar; 0 with a live graph if no pixel is valid

    Raises:
        ValueError: ``share`` outside (0, 1], unknown ``over``.
    """

    def __init__(self,
                 share: float = 0.2,
                 over: str = 'labelled',
                 loss_weight: float = 1.) -> None:
        super().__init__()
        if not 0 < share <= 1:
            raise ValueError('`share` of BerHuLoss must be in (0, 1], but is '
                             f'{share}')
        if over not in ('labelled', 'all'):
            raise ValueError("`over` of BerHuLoss must be 'labelled' or "
                             f"'all', but is {over!r}")
        self.share, self.over, self.loss_weight = share, over, loss_weight

    def forward(self, pred: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Compute the loss; see the class for shapes."""
        mask = valid[:, None].expand_as(pred)
        error = torch.where(mask, pred - target, 0.).abs()
        # the floor only matters where all errors are 0
        c = (self.share * error.detach().amax()).clamp(min=1e-12)
        error = torch.where(error <= c, error,
                            (error.square() + c.square()) / (2 * c))
        if self.over == 'all':
            mask = torch.ones_like(mask)
        return self.loss_weight * masked_mean(error, mask)
