# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from .checks import check_tasks


@MODELS.register_module()
class CrossStitchUnit(BaseModule):
    """Every task gets a learned linear combination of the maps of all.

    ``y_i = sum_j a_ij x_j``, where a_ij starts at ``alpha`` for the task
    itself and at ``beta`` for the others (Misra et al., CVPR 2016).

    Args:
        tasks (Sequence[str]): Names of the tasks.
        channels (int): Channels of the maps.
        alpha (float): Defaults to 0.9.
        beta (float): Defaults to 0.1.
        per_channel (bool): A factor for every channel, not one for the whole
            map. Defaults to True.

    Shape:
        - maps: per task (N, channels, H, W)
        - output: the same
    """

    def __init__(self,
                 tasks: Sequence[str],
                 channels: int,
                 alpha: float = 0.9,
                 beta: float = 0.1,
                 per_channel: bool = True,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.tasks = sorted(tasks)  # a dumped config sorts them, too
        matrix = beta + (alpha - beta) * torch.eye(len(tasks))
        self.weight = nn.Parameter(matrix[..., None, None, None].repeat(
            1, 1, channels if per_channel else 1, 1, 1))

    def forward(self, maps: dict[str, Tensor]) -> dict[str, Tensor]:
        """Combine; see the class for shapes."""
        check_tasks(self, self.tasks, maps)
        combined = {
            task: sum(a * maps[other] for a, other in zip(row, self.tasks))
            for task, row in zip(self.tasks, self.weight)
        }
        return {task: combined[task] for task in maps}
