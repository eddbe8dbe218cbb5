# Copyright (c) mtcp_mm authors. All rights reserved.
import torch.nn.functional as F
from torch import Tensor

from mtcp_mm.registry import MODELS
from .relational_context import RelationalContext


def region_vectors(feats: Tensor, logits: Tensor) -> Tensor:
    """Mean feature of every class, by a softmax over the pixels.

    Args:
        feats (Tensor): Shape (N, C, H, W).
        logits (Tensor): Of K classes, shape (N, K, H, W).

    Returns:
        Tensor: Shape (N, C, K).
    """
    return feats.flatten(2) @ logits.flatten(2).softmax(-1).mT


@MODELS.register_module()
class LabelContext(RelationalContext):
    """Every pixel of the target asks the mean features of classes.

    The features are those of the source. With logits of the target's labels
    this is ATRC's target-label context, with logits of the source's labels
    its source-label context.

    Args: See :class:`RelationalContext`.

    Shape:
        - target, source: (N, channels, H, W)
        - logits: (N, K, H, W), see :func:`region_vectors`
        - output: (N, width, H, W)

    Raises:
        ValueError: Maps of two sizes.
    """

    def forward(self, target: Tensor, source: Tensor,
                logits: Tensor) -> Tensor:
        """Attend; see the class for shapes."""
        self.check_sizes(source=source, logits=logits)
        regions = region_vectors(source, logits).unsqueeze(-1)
        tokens = (self.query(target), self.key(regions), self.value(regions))
        # its scale is 1 / sqrt(C)
        context = F.scaled_dot_product_attention(
            *(x.flatten(2).mT for x in tokens))
        return context.mT.unflatten(2, target.shape[-2:])
