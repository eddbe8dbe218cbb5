# Copyright (c) mtcp_mm authors. All rights reserved.
import torch.nn.functional as F
from torch import Tensor

from mtcp_mm.registry import MODELS
from .relational_context import RelationalContext


def linear_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention to all pixels at a cost that is linear in their number.

    The weight of pixel j for pixel i is <q_i, k_j> / sum_j <q_i, k_j>; no
    (HW, HW) matrix is formed, as the sums over j come first.

    Args:
        query (Tensor): Positive, shape (N, C, H, W).
        key (Tensor): Positive, shape (N, C, h, w).
        value (Tensor): Shape (N, D, h, w).

    Returns:
        Tensor: Shape (N, D, H, W).
    """
    size = query.shape[-2:]
    query, key, value = (x.flatten(2) for x in (query, key, value))
    share = key.shape[-1]**-0.5  # means in place of sums: fp16 ends at 65504
    context = (value * share) @ (key * share).mT
    total = (query * key.mean(-1, keepdim=True)).sum(1, keepdim=True)
    return (context @ query / total).unflatten(2, size)


@MODELS.register_module()
class GlobalContext(RelationalContext):
    """Every pixel of the target asks the whole map of the source.

    By :func:`linear_attention`, with softplus of queries and keys.

    Args: See :class:`RelationalContext`.

    Shape:
        - target: (N, channels, H, W)
        - source: (N, channels, h, w), any size
        - output: (N, width, H, W)
    """

    act_cfg = None  # the softplus takes its place

    def forward(self, target: Tensor, source: Tensor) -> Tensor:
        """Attend; see the class for shapes."""
        return linear_attention(
            F.softplus(self.query(target)), F.softplus(self.key(source)),
            self.value(source))
