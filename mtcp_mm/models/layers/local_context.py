# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from mtcp_mm.registry import MODELS
from .relational_context import RelationalContext


def window_attention(query: Tensor, key: Tensor, value: Tensor,
                     size: int) -> Tensor:
    """Attention to a window around every pixel, scaled by 1 / sqrt(C).

    Outside of the map keys and values are zero: such a place has the score 0
    and takes part in the softmax, as in the kernel of ATRC. A row of the
    windows is seen at a time, without a copy (``F.unfold`` would hold all of
    them, size^2 times the map, twice).

    Args:
        query (Tensor): Shape (N, C, H, W).
        key (Tensor): The same.
        value (Tensor): Shape (N, D, H, W).
        size (int): Side of the window, odd.

    Returns:
        Tensor: Shape (N, D, H, W).
    """
    query = query.unsqueeze(-1) * query.shape[1]**-0.5
    scores = [(query * k).sum(1) for k in _rows(key, size)]
    weights = torch.cat(scores, -1).softmax(-1).split(size, -1)
    return sum((w.unsqueeze(1) * v).sum(-1)
               for w, v in zip(weights, _rows(value, size)))


def _rows(x: Tensor, size: int) -> Iterator[Tensor]:
    """Views of a map: each row of all windows, (N, C, H, W, size)."""
    height = x.shape[-2]
    x = F.pad(x, [size // 2] * 4)
    for i in range(size):
        yield x[:, :, i:i + height].unfold(3, size, 1)


@MODELS.register_module()
class LocalContext(RelationalContext):
    """Every pixel of the target asks the source around the same place.

    By :func:`window_attention`.

    Args:
        channels (int): Channels of both maps.
        width (int): Channels of queries, keys, values and output.
        size (int): Side of the window, odd. Defaults to 9.
        **kwargs: See :class:`RelationalContext`.

    Shape:
        - target, source: (N, channels, H, W)
        - output: (N, width, H, W)

    Raises:
        ValueError: ``size`` is not odd, or maps of two sizes.
    """

    def __init__(self, channels: int, width: int, size: int = 9,
                 **kwargs) -> None:
        super().__init__(channels, width, **kwargs)
        if not isinstance(size, int) or size < 1 or size % 2 == 0:
            raise ValueError('`size` of LocalContext must be an odd number of '
                             f'pixels, but is {size!r}')
        self.size = size

    def forward(self, target: Tensor, source: Tensor) -> Tensor:
        """Attend; see the class for shapes."""
        self.check_sizes(target=target, source=source)
        return window_attention(
            self.query(target), self.key(source), self.value(source),
            self.size)
