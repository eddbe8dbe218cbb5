# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Callable, Iterable, Mapping, Sequence

from mmengine.model import BaseModule, ModuleDict
from torch import Tensor, nn

from mtcp_mm.structures import Features
from ..layers import DynamicFPN, check_widths
from .base import Widths


class MapInput(BaseModule):
    """Bring a tuple of maps to one map.

    A pyramid is merged by a :class:`DynamicFPN`, a single map is projected
    if its width differs.

    Args:
        in_channels (Sequence[int]): Channels of the map(s), finest first.
        channels (int): Channels of the output.

    Shape:
        - maps: tuple of (N, in_channels[i], H_i, W_i), finest first
        - output: (N, channels, H_0, W_0)
    """

    def __init__(self,
                 in_channels: Sequence[int],
                 channels: int,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.in_channels = tuple(in_channels)
        if len(in_channels) > 1:
            self.merge = DynamicFPN(in_channels, channels)
        elif in_channels[0] != channels:
            self.merge = nn.Conv2d(in_channels[0], channels, 1)
        else:
            self.merge = nn.Identity()

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Merge; see the class for shapes."""
        check_widths(maps, self.in_channels)
        return self.merge(maps if len(maps) > 1 else maps[0])


def widths_of(in_channels: Widths | None,
              tasks: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Widths (or strides) of the maps of every task, finest first.

    Args:
        in_channels: Of the maps, finest first, or a dict of these by task,
            for encoders with maps per task.
        tasks (Iterable[str]): The tasks.

    Raises:
        ValueError: Nobody said how wide the maps are.
    """
    _require_widths(in_channels)
    if isinstance(in_channels, int):
        in_channels = (in_channels, )
    own = isinstance(in_channels, Mapping)
    return {t: tuple(in_channels[t] if own else in_channels) for t in tasks}


def _require_widths(in_channels: Widths | None) -> None:
    if in_channels is None:
        raise ValueError(
            'The head does not know the widths of its input. Its encoder '
            'could not tell them (see the log): type '
            '`decode_head.in_channels`, finest map first, in the config')


def build_input(
        in_channels: Widths | None,
        build: Callable[[Sequence[int]], nn.Module]) -> nn.Module:
    """Input of a head: one module for all tasks, or one per task.

    Args:
        in_channels: Channels of the maps, finest first, or a dict of these by
            task, for encoders with maps per task.
        build (Callable): From the widths of some maps to a module that makes
            one map of them.

    Raises:
        ValueError: Nobody said how wide the maps are.
    """
    _require_widths(in_channels)
    if isinstance(in_channels, Mapping):
        return ModuleDict(
            {task: build(widths)
             for task, widths in in_channels.items()})
    return build((in_channels, ) if isinstance(in_channels, int
                                               ) else in_channels)


def project(inputs: nn.Module, feats: Features,
            tasks: Sequence[str]) -> dict[str, Tensor]:
    """One map per task, the same one where features are shared.

    Args:
        inputs: From :func:`build_input`.
        feats (Features): Of the encoder.
        tasks (Sequence[str]): The tasks.

    Returns:
        dict[str, Tensor]: Maps (N, channels, H, W).
    """
    own = isinstance(inputs, ModuleDict)
    if not own and not feats.per_task:
        return dict.fromkeys(tasks, inputs(feats.of(tasks[0])))
    return {t: (inputs[t] if own else inputs)(feats.of(t)) for t in tasks}
