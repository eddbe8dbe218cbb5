# Copyright (c) mtcp_mm authors. All rights reserved.
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

from mtcp_mm.registry import MODELS
from .utils import masked_mean


@MODELS.register_module()
class BalancedBCELoss(nn.Module):
    """Binary cross entropy with rare positives weighted up (HED).

    Mean over the labelled pixels of
    ``-(w * t * log(p) + (1 - w) * (1 - t) * log(1 - p))``.

    Args:
        pos_weight (float, optional): w, in (0, 1). None: the share of the
            negatives among the labelled pixels of the batch.
        loss_weight (float): Factor. Defaults to 1.
        weighted_mean (bool): Divide by the sum of the weights, not by the
            number of pixels, as torch's ``cross_entropy`` with class weights
            does. With rare edges the loss is about ten times as large.
            Defaults to False.
        over (str): Whose mean the loss is: 'labelled' pixels, as the line of
            ATRC has it, or 'all' of the images with a label, with a loss of
            0 where there is none, as the line of MTI-Net has it. The two
            differ only where pixels lack a label. Defaults to 'labelled'.

    Shape:
        - pred: logits, (N, 1, H, W)
        - target: 0 or 1 where valid, (N, 1, H, W)
        - valid: bool, (N, H, W)
        - output: scalar

    Raises:
        ValueError: ``pos_weight`` outside (0, 1), unknown ``over``, or a
            ``weighted_mean`` over all pixels.
    """

    def __init__(self,
                 pos_weight: float | None = None,
                 loss_weight: float = 1.,
                 weighted_mean: bool = False,
                 over: str = 'labelled') -> None:
        super().__init__()
        if pos_weight is not None and not 0 < pos_weight < 1:
            raise ValueError('`pos_weight` is a share in (0, 1), or None for '
                             f'the share of negatives, but is {pos_weight}')
        if over not in ('labelled', 'all'):
            raise ValueError("`over` of BalancedBCELoss must be 'labelled' or "
                             f"'all', but is {over!r}")
        if weighted_mean and over == 'all':
            raise ValueError(
                "`weighted_mean` and `over`='all' of BalancedBCELoss exclude "
                'each other: they divide by different things. Drop one.')
        self.pos_weight, self.weighted_mean = pos_weight, weighted_mean
        self.loss_weight, self.over = loss_weight, over

    def forward(self, pred: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Compute the loss; see the class for shapes."""
        logits, positive = pred[:, 0], target[:, 0] == 1
        if self.pos_weight is None:
            weight = masked_mean((~positive).to(logits), valid)
        else:
            weight = logits.new_tensor(self.pos_weight)
        error = F.binary_cross_entropy_with_logits(
            logits, positive.to(logits), reduction='none')
        weight = torch.where(positive, weight, 1 - weight)
        loss = masked_mean(error * weight, valid)
        if self.over == 'all':
            loss = loss * valid.to(loss).mean()
        if self.weighted_mean:
            # the floor is for a batch without labels, or all of one kind
            loss = loss / masked_mean(weight, valid).clamp(min=1e-6)
        return self.loss_weight * loss
