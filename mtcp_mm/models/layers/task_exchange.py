# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

import torch
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule, ModuleDict
from torch import Tensor

from mtcp_mm.registry import MODELS
from .checks import check_tasks
from .cross_task_attention import CrossTaskAttention


@MODELS.register_module()
class TaskExchange(BaseModule):
    """Every task learns from all others (mTEB of DenseMTL, WACV 2023).

    What a :class:`CrossTaskAttention` of its own brings from each of the
    others is concatenated, projected, and added to the map of the task.

    Args:
        tasks (Sequence[str]): Names of the tasks, at least two.
        channels (int): Channels of every map.
        norm_cfg (dict): Norm of the 1x1 convolutions. Defaults to BN.
        **kwargs: Options of :class:`CrossTaskAttention`.

    Shape:
        - maps: task to (N, channels, H, W)
        - output: the same

    Raises:
        ValueError: Fewer than two tasks, or other tasks than those.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        channels: int,
        norm_cfg: dict = dict(type='BN'),
        init_cfg: dict | None = None,
        **kwargs) -> None:
        super().__init__(init_cfg)
        if len(tasks) < 2:
            raise ValueError('TaskExchange needs at least two tasks, but '
                             f'`tasks` is {list(tasks)}')
        self.tasks = tuple(tasks)
        self.pairs = ModuleDict({
            # sorted: a config that mmengine dumped has its tasks that way
            target: ModuleDict({
                source: CrossTaskAttention(
                    channels, norm_cfg=norm_cfg, **kwargs)
                for source in sorted(tasks) if source != target
            })
            for target in tasks
        })
        self.fuse = ModuleDict({
            task: ConvModule((len(tasks) - 1) * channels,
                             channels,
                             1,
                             norm_cfg=norm_cfg)
            for task in tasks
        })

    def forward(self, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Exchange; see the class for shapes."""
        check_tasks(self, self.tasks, maps)
        return {
            target: maps[target] + self.fuse[target](
                torch.cat([
                    attend(maps[target], maps[source])
                    for source, attend in self.pairs[target].items()
                ], dim=1))
            for target in self.tasks
        }
