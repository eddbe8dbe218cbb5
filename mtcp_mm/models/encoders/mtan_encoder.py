# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from mmcv.cnn import build_norm_layer
from mmengine.model import BaseModule, ModuleDict, ModuleList
from mmseg.models.backbones.resnet import Bottleneck
from mmseg.models.utils import ResLayer
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import Features
from .stages import describe_stages, run, stages_of


@MODELS.register_module()
class MTANEncoder(BaseModule):
    """MTAN: one network, from whose maps every task attends to its own.

    After each stage a task multiplies the map of the shared network by a mask
    in (0, 1). The mask follows from the map before the last block of the
    stage and from what the task took of the stage before, which a residual
    block that all tasks share has brought to the width of this one (Liu et
    al., CVPR 2019, in the ResNet form of MTI-Net's authors).

    Args:
        backbone (dict): Config of the shared network.
        tasks (Sequence[str]): Names of the tasks; the estimator gives them.
        stages (Sequence[Sequence[str]], optional): As in
            :class:`TaskFusionEncoder`; None: those of a ResNet.
        reduction (int): Width of a map over that inside of its masks.
            Defaults to 4.
        norm_cfg (dict): Norm of masks and residual blocks. Defaults to BN.

    Shape:
        - x: images (N, 3, H, W)
        - output: :class:`Features` with a map per stage but the stem, finest
          first, of every task

    Raises:
        ValueError: The last block of a stage changes the size, or a width is
            no multiple of 4.
    """

    def __init__(
        self,
        backbone: Mapping,
        tasks: Sequence[str],
        stages: Sequence[Sequence[str]] | None = None,
        reduction: int = 4,
        norm_cfg: dict = dict(type='BN'),
        init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.trunk = MODELS.build(backbone)
        self.stages = stages_of(self.trunk, stages)
        self.masks = ModuleDict({task: ModuleList() for task in tasks})
        self.refine = ModuleList()
        self.shrink = []  # factors between the stages
        last = None
        for i, (before, after) in enumerate(
                describe_stages(self.trunk, self.stages)):
            if i == 0:
                continue
            if before.stride != after.stride or after.channels % 4:
                raise ValueError(
                    f'Stage {i} of MTANEncoder goes from {before} before its '
                    f'last block, {self.stages[i][-1]}, to {after}: the '
                    'stride must stay, and the width be a multiple of 4. Say '
                    'other `stages`')
            seen = before.channels
            if last is not None:
                seen += after.channels
                self.refine.append(
                    ResLayer(Bottleneck, last.channels, after.channels // 4, 1,
                             norm_cfg=norm_cfg))
                self.shrink.append(before.stride // last.stride)
            for masks in self.masks.values():
                masks.append(
                    _mask(seen, after.channels // reduction, after.channels,
                          norm_cfg))
            last = after

    def forward(self, x: Tensor) -> Features:
        """Encode; see the class for shapes."""
        x = run(self.trunk, self.stages[0], x)
        maps = {task: [] for task in self.masks}
        for i, blocks in enumerate(self.stages[1:]):
            before = run(self.trunk, blocks[:-1], x)
            x = run(self.trunk, blocks[-1:], before)
            for task, masks in self.masks.items():
                seen = [before]
                if i:
                    own = self.refine[i - 1](maps[task][-1])
                    if (k := self.shrink[i - 1]) > 1:
                        # as large as a strided convolution leaves it
                        own = F.max_pool2d(own, k, ceil_mode=True)
                    seen.append(own)
                maps[task].append(masks[i](torch.cat(seen, 1)) * x)
        return Features(per_task={t: tuple(m) for t, m in maps.items()})


def _mask(seen: int, hidden: int, channels: int,
          norm_cfg: dict) -> nn.Sequential:
    """Convolutions with a bias, as the published counts have them."""
    return nn.Sequential(
        nn.Conv2d(seen, hidden, 1),
        build_norm_layer(norm_cfg, hidden)[1], nn.ReLU(inplace=True),
        nn.Conv2d(hidden, channels, 1),
        build_norm_layer(norm_cfg, channels)[1], nn.Sigmoid())
