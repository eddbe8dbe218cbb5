# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torch import Tensor


class MapInfo(NamedTuple):
    """What is known of a feature map before it is there.

    Attributes:
        channels (int): Its channels.
        stride (int): Pixels of the image per pixel of the map.
    """
    channels: int
    stride: int


@dataclass
class Features:
    """What an encoder makes of a batch of images, maps finest first.

    Attributes:
        shared (tuple[Tensor]): Maps that all tasks share, each
            (N, C_i, H_i, W_i). Empty if every task has maps of its own.
        per_task (dict[str, tuple[Tensor]]): Maps of single tasks, of encoders
            that know the tasks.

    Of an encoder that has not run yet the entries are :class:`MapInfo`.
    """
    shared: tuple = ()
    per_task: dict[str, tuple] = field(default_factory=dict)

    @classmethod
    def wrap(cls, feats: 'Features | Any | Sequence[Any]') -> 'Features':
        """Make features of what a backbone or neck returns.

        Args:
            feats: Features, which stay as they are, a tuple of maps, finest
                first, or a single map.
        """
        if isinstance(feats, cls):
            return feats
        if isinstance(feats, (Tensor, MapInfo)):
            feats = (feats, )
        return cls(tuple(feats))

    def of(self, task: str) -> tuple:
        """Maps of a task: its own, else the shared ones.

        Raises:
            ValueError: There are none.
        """
        maps = self.per_task.get(task, self.shared)
        if not maps:
            raise ValueError(
                f'The encoder has no maps for task `{task}`: it shares none, '
                f'and has some of {", ".join(self.per_task) or "no task"}.')
        return maps

    def apply(self, function: Callable[[Any], Any]) -> 'Features':
        """Features with every map replaced by ``function(map)``."""
        return Features(
            tuple(map(function, self.shared)), {
                task: tuple(map(function, maps))
                for task, maps in self.per_task.items()
            })

    def maps(self) -> Iterator[Any]:
        """Every map, the shared ones first."""
        yield from self.shared
        for maps in self.per_task.values():
            yield from maps
