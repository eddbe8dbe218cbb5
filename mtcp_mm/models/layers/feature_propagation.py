# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

import torch
from mmengine.model import BaseModule, ModuleDict, Sequential
from mmseg.models.backbones.resnet import BasicBlock
from mmseg.models.utils import ResLayer
from torch import Tensor, nn
from torchvision.ops import SqueezeExcitation

from mtcp_mm.registry import MODELS
from .checks import check_tasks


@MODELS.register_module()
class FeaturePropagation(BaseModule):
    """What a scale hands to the next finer one (FPM of MTI-Net, ECCV 2020).

    From the maps of all T tasks together comes a mask, a softmax over the
    tasks for every channel and pixel. What it leaves is reduced to the width
    of one task; every task weighs the channels of that (squeeze and
    excitation) and adds its own map. A single task has nothing to mask.

    mmseg's ``SELayer`` squeezes to 8 channels at least, the code of MTI-Net
    to a sixteenth: that is torchvision's here.

    Args:
        tasks (Sequence[str]): Names of the tasks.
        channels (int): Channels of every map.
        layout (str): 'paper', the default, or 'released'. The released code
            reads the T * C channels of the mask, which are task by task, as
            (C, T), so that its softmax runs over T neighbouring channels,
            mostly of one task.
        norm_cfg (dict): Defaults to BN.

    Shape:
        - maps: task to (N, channels, H, W)
        - output: the same

    Raises:
        ValueError: Another ``layout``, or maps of other tasks than ``tasks``.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        channels: int,
        layout: str = 'paper',
        norm_cfg: dict = dict(type='BN'),
        init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        if layout not in ('paper', 'released'):
            raise ValueError("`layout` of FeaturePropagation is 'paper' or "
                             f"'released', but is {layout!r}")
        # sorted: a config that mmengine dumped has its tasks that way
        self.tasks, self.layout = tuple(sorted(tasks)), layout
        width = len(tasks) * channels
        if len(tasks) > 1:
            hidden = max(width // 4, 1)
            self.mask = Sequential(
                ResLayer(BasicBlock, width, hidden, 2, norm_cfg=norm_cfg),
                nn.Conv2d(hidden, width, 1))
        self.reduce = ResLayer(
            BasicBlock, width, channels, 1, norm_cfg=norm_cfg)
        self.excite = ModuleDict({
            task: SqueezeExcitation(channels, max(channels // 16, 1))
            for task in tasks
        })

    def forward(self, maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Propagate; see the class for shapes."""
        check_tasks(self, self.tasks, maps)
        x = torch.cat([maps[task] for task in self.tasks], dim=1)
        if len(self.tasks) > 1:
            x = x * self._weights(self.mask(x))
        shared = self.reduce(x)
        return {
            task: excite(shared) + maps[task]
            for task, excite in self.excite.items()
        }

    def _weights(self, logits: Tensor) -> Tensor:
        """Softmax of logits (N, T * C, H, W), task by task."""
        groups = len(self.tasks)
        if self.layout == 'paper':
            weights = logits.unflatten(1, (groups, -1)).softmax(dim=1)
        else:
            weights = logits.unflatten(1, (-1, groups)).softmax(dim=2)
        return weights.flatten(1, 2)
