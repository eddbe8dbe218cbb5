# Copyright (c) mtcp_mm authors. All rights reserved.
"""Refuse maps that a part was not built for."""
from collections.abc import Collection, Sequence

from torch import Tensor, nn


def check_widths(maps: Sequence[Tensor], in_channels: Sequence[int]) -> None:
    """Refuse maps that have not the channels that a head was built for."""
    found = tuple(x.shape[1] for x in maps)
    if found != tuple(in_channels):
        raise ValueError('The head was built for maps with '
                         f'`in_channels`={tuple(in_channels)}, but got '
                         f'maps with {found} channels')


def check_tasks(module: nn.Module, expected: Collection[str],
                maps: Collection[str]) -> None:
    """Refuse maps of other tasks than a layer was built for."""
    if set(maps) != set(expected):
        raise ValueError(f'{type(module).__name__} was built for the tasks '
                         f'{sorted(expected)}, but got maps of {sorted(maps)}')
