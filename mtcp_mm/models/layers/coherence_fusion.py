# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from .cbam import cbam_norm_act
from .dynamic_fpn import resize_to
from .pixel_attention import pixel_attention


@MODELS.register_module()
class CoherenceFusionModule(BaseModule):
    """Tie one task to the others (CFM; MT-CP, Sec. 3.3 and Fig. 3).

    The maps of the other tasks are gated, concatenated and projected to the
    auxiliary map. Its pixel affinities then mix the main map:
    ``softmax(theta(X_a)^T phi(X_a)) X_m``.

    Args:
        channels (int): Channels of every map.
        num_aux (int): Number of the other tasks, at least 1.
        norm_cfg (dict): Norm of the branches. Defaults to BN.
        act_cfg (dict): Activation of the branches. Defaults to ReLU.
        shortcut (str): How the main map goes on beside the mixed one.
            'none': it does not, as in the paper; 'sum': it is added; 'gated':
            it is added, and the mixed one has a gate per channel that starts
            at 0 (ours, docs/diagnosis.md). Defaults to 'none'.
        scale (float, optional): Factor of the affinities. None: 1 / sqrt
            of ``channels``. Defaults to 1, as in the paper.
        stride (int): Fuse maps that are pooled by this factor, and bring the
            result back to full size (ours, docs/diagnosis.md). A stride of 2
            leaves a sixteenth of the pixel pairs. Defaults to 1.

    Shape:
        - main: (N, channels, H, W)
        - aux: ``num_aux`` maps of that shape
        - fused: (N, channels, H, W)
        - main_feat, aux_feat: (N, channels, H / stride, W / stride), rounded
          up; X_m and X_a, between which the coherence loss is taken

    Raises:
        ValueError: Unknown ``shortcut``, a ``stride`` below 1, wrong number
            of auxiliary maps, or maps of other sizes.
    """

    def __init__(
        self,
        channels: int,
        num_aux: int,
        norm_cfg: dict = dict(type='BN'),
        act_cfg: dict = dict(type='ReLU'),
        shortcut: str = 'none',
        scale: float | None = 1.,
        stride: int = 1,
        init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        if shortcut not in ('none', 'sum', 'gated'):
            raise ValueError("`shortcut` must be 'none', 'sum' or 'gated', "
                             f'but is {shortcut!r}')
        if not isinstance(stride, int) or stride < 1:
            raise ValueError('`stride` of CoherenceFusionModule must be an '
                             f'integer >= 1, but is {stride!r}')
        if num_aux < 1:
            raise ValueError('CoherenceFusionModule ties a task to others: '
                             f'`num_aux` must be >= 1, but is {num_aux}')
        self.gates = ModuleList(
            nn.Conv2d(channels, channels, 1) for _ in range(num_aux))
        self.aux_proj = nn.Conv2d(num_aux * channels, channels, 1)
        self.main_branch = cbam_norm_act(channels, norm_cfg, act_cfg)
        self.aux_branch = cbam_norm_act(channels, norm_cfg, act_cfg)
        self.theta = cbam_norm_act(channels, norm_cfg, act_cfg)
        self.phi = cbam_norm_act(channels, norm_cfg, act_cfg)
        self.out = cbam_norm_act(channels, norm_cfg)
        self.shortcut, self.stride = shortcut, stride
        self.scale = channels**-.5 if scale is None else scale
        if shortcut == 'gated':
            self.gain = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, main: Tensor,
                aux: Sequence[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Fuse; see the class for shapes.

        Returns:
            tuple[Tensor, Tensor, Tensor]: fused, main_feat, aux_feat.
        """
        if len(aux) != len(self.gates):
            raise ValueError('CoherenceFusionModule was built for '
                             f'{len(self.gates)} auxiliary maps, but got '
                             f'{len(aux)}')
        for x in aux:
            if x.shape != main.shape:
                raise ValueError(
                    'CoherenceFusionModule needs maps of one size: main is '
                    f'{tuple(main.shape)}, an auxiliary map is '
                    f'{tuple(x.shape)}. Resize them first.')
        size = main.shape[-2:]
        pooled, *aux = [self._pool(x) for x in (main, *aux)]
        gated = [gate(x).sigmoid() * x for gate, x in zip(self.gates, aux)]
        main_feat = self.main_branch(pooled)
        aux_feat = self.aux_branch(self.aux_proj(torch.cat(gated, dim=1)))
        fused = pixel_attention(self.scale * self.theta(aux_feat),
                                self.phi(aux_feat), main_feat)
        fused = resize_to(self.out(fused), size)
        if self.shortcut == 'gated':
            fused = self.gain * fused
        if self.shortcut != 'none':
            fused = main + fused
        return fused, main_feat, aux_feat

    def _pool(self, x: Tensor) -> Tensor:
        if self.stride == 1:
            return x
        # a last window over the edge is averaged over what it has
        return F.avg_pool2d(x, self.stride, ceil_mode=True)
