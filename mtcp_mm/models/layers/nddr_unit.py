# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import torch
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule, ModuleDict
from torch import Tensor

from mtcp_mm.registry import MODELS
from .checks import check_tasks


@MODELS.register_module()
class NDDRUnit(BaseModule):
    """Every task gets a projection of the maps of all, concatenated.

    1x1 convolution, batch norm, ReLU; the convolution starts at ``alpha`` for
    a channel of the task itself, ``beta`` for the same channel of another
    task, and 0 elsewhere (Gao et al., CVPR 2019).

    Args:
        tasks (Sequence[str]): Names of the tasks.
        channels (int): Channels of the maps.
        alpha (float): Defaults to 0.9.
        beta (float): Defaults to 0.1.
        norm_cfg (dict): Defaults to BN with a momentum of 0.05.

    Shape:
        - maps: per task (N, channels, H, W)
        - output: the same, not negative
    """

    def __init__(
        self,
        tasks: Sequence[str],
        channels: int,
        alpha: float = 0.9,
        beta: float = 0.1,
        norm_cfg: dict = dict(type='BN', momentum=0.05),
        init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.tasks = sorted(tasks)  # a dumped config sorts them, too
        self.reduce = ModuleDict({
            task: ConvModule(
                len(tasks) * channels, channels, 1, norm_cfg=norm_cfg)
            for task in tasks
        })
        same = torch.eye(channels)
        for task, reduce in self.reduce.items():
            start = torch.cat([(alpha if other == task else beta) * same
                               for other in self.tasks], dim=1)
            reduce.conv.weight.data.copy_(start[..., None, None])

    def forward(self, maps: dict[str, Tensor]) -> dict[str, Tensor]:
        """Project; see the class for shapes."""
        check_tasks(self, self.tasks, maps)
        x = torch.cat([maps[task] for task in self.tasks], dim=1)
        return {task: self.reduce[task](x) for task in maps}
