# Copyright (c) mtcp_mm authors. All rights reserved.
from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule, ModuleDict
from torch import Tensor, nn

from .checks import check_tasks
from .dynamic_fpn import resize_to


class TaskDiffusion(BaseModule, metaclass=ABCMeta):
    """Spread the features of all tasks over their maps.

    A 1x1 convolution per task reduces them to h0. On a grid that is ``shrink``
    times coarser, h <- beta M h + (1 - beta) h0 is taken a few times from
    h = h0, with matrices M whose rows sum to 1: constant features stay as they
    are. What this changes is brought to the full size and added.

    A subclass says which matrices, in :meth:`steps`.

    Args:
        tasks (Sequence[str]): Names of the tasks.
        in_channels (int): Channels of every map.
        channels (int): Channels after the reduction.
        beta (float): Share of what is spread, in 0..1; 0: the reduction alone.
        shrink (int): Pixels of the maps per cell of the grid, in both
            directions; a cell holds their mean. Defaults to 1.

    Shape:
        - maps: task to (N, in_channels, H, W); sizes may differ by task, the
          grid fits the largest
        - output: task to (N, channels, H, W)

    Raises:
        ValueError: ``beta`` outside 0..1, ``shrink`` below 1, or maps of
            other tasks.
    """

    def __init__(self,
                 tasks: Sequence[str],
                 in_channels: int,
                 channels: int,
                 beta: float,
                 shrink: int = 1,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        name = type(self).__name__
        if not 0 <= beta <= 1:
            raise ValueError(f'`beta` of {name} is a share in 0..1, but is '
                             f'{beta}')
        if not isinstance(shrink, int) or shrink < 1:
            raise ValueError(f'`shrink` of {name} must be an integer >= 1, '
                             f'but is {shrink!r}')
        # sorted: a config that mmengine dumped has its tasks that way
        self.tasks = tuple(sorted(tasks))
        self.beta, self.shrink = beta, shrink
        self.reduce = ModuleDict(
            {task: nn.Conv2d(in_channels, channels, 1) for task in tasks})

    @abstractmethod
    def steps(self,
              features: Tensor) -> Iterable[Callable[[Tensor], Tensor]]:
        """What multiplies by M, step by step.

        Args:
            features (Tensor): h0 of all tasks, (N, T, C, h, w), in the order
                of ``self.tasks``.

        Returns:
            Iterable[Callable]: Each maps (N, T, C, h, w) to the same shape.
        """

    def forward(self, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Spread; see the class for shapes."""
        check_tasks(self, self.tasks, maps)
        maps = {task: self.reduce[task](maps[task]) for task in self.tasks}
        largest = (max(x.shape[i] for x in maps.values()) for i in (2, 3))
        grid = [-(-n // self.shrink) for n in largest]
        start = torch.stack(
            [F.adaptive_avg_pool2d(x, grid) for x in maps.values()], dim=1)
        h = start
        for spread in self.steps(start):
            h = self.beta * spread(h) + (1 - self.beta) * start
        change = (h - start).unbind(1)
        return {
            task: x + resize_to(dx, x.shape[-2:])
            for (task, x), dx in zip(maps.items(), change)
        }
