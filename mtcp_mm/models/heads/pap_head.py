# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping, Sequence

from mmengine.model import ModuleDict
from mmseg.models.backbones.resnet import Bottleneck
from torch import Tensor

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import Features, ModelOutput, Stage
from ..layers import AffinityDiffusion, HighResolutionFuse
from .base import MultiTaskHead, Widths
from .feature_input import build_input, project, widths_of
from .refined_prediction import RefinedPrediction


@MODELS.register_module()
class PAPHead(MultiTaskHead):
    """Pattern-affinitive propagation (PAP, CVPR 2019).

    The maps of the encoder become one. Every task makes an initial prediction
    from it; the features behind that are spread along the affinities of all
    tasks (:class:`AffinityDiffusion`), and from what that gives the final
    prediction is reconstructed. Parts and widths are those of the one public
    version (EMA-Net's), without its mistakes (docs/methods.md). The pairwise
    affinity loss of the paper is not built: its definition was not at hand.

    Args:
        task_channels (Mapping[str, int]): Logit channels per task.
        in_channels (int | Sequence[int] | Mapping, optional): Channels of the
            maps, finest first. None: the estimator asks the encoder.
        in_strides (int | Sequence[int] | Mapping, optional): Their strides,
            likewise. None: the finest map is taken to have stride 4.
        fuse_channels (int, optional): Width of the map that they become.
            None: that of all of them together, as in HRNet.
        channels (int): Width of the initial predictions, a multiple of 8;
            half of it after the reduction. Defaults to 256.
        grid_stride (int): Stride at which affinities are taken; at most that
            of the finest map, if that is larger. Defaults to 8.
        diffusion (dict, optional): Options of :class:`AffinityDiffusion`.
        norm_cfg (dict): Defaults to BN.
        **kwargs: See :class:`MultiTaskHead`.

    Shape:
        - feats: maps of the encoder, finest first, (N, C, H, W)
        - output: per task ``final`` and a stage ``initial``, at the stride
          of the finest map

    Raises:
        ValueError: ``channels`` is no multiple of 8, or ``grid_stride`` none
            of the finest stride.
    """

    #: What spreads features between and within tasks.
    diffusion_type = AffinityDiffusion

    def __init__(self,
                 task_channels: Mapping[str, int],
                 in_channels: Widths | None = None,
                 in_strides: Widths | None = None,
                 fuse_channels: int | None = None,
                 channels: int = 256,
                 grid_stride: int = 8,
                 diffusion: dict | None = None,
                 norm_cfg: dict = dict(type='BN'),
                 **kwargs) -> None:
        super().__init__(task_channels, **kwargs)
        name = type(self).__name__
        if channels % 8:
            raise ValueError(f'`channels` of {name} must be a multiple of 8, '
                             f'but is {channels}')
        widths = widths_of(in_channels, task_channels)
        strides = widths_of(in_strides or 4, task_channels)
        finest = min(s[0] for s in strides.values())
        if grid_stride < 1 or (grid_stride > finest
                               and grid_stride % finest):
            raise ValueError(
                f'`grid_stride` of {name} must be a multiple of {finest}, the '
                f'stride of the finest map, but is {grid_stride}')
        self.fuse = build_input(
            in_channels,
            lambda w: HighResolutionFuse(w, fuse_channels, norm_cfg))
        self.initial = ModuleDict({
            task: RefinedPrediction(Bottleneck,
                                    fuse_channels or sum(widths[task]),
                                    channels, out_channels, norm_cfg)
            for task, out_channels in task_channels.items()
        })
        self.diffusion = self.diffusion_type(
            list(task_channels),
            channels,
            channels // 2,
            shrink=max(grid_stride // finest, 1),
            **(diffusion or {}))
        self.reconstruct = ModuleDict({
            task: RefinedPrediction(Bottleneck, channels // 2, channels // 2,
                                    out_channels, norm_cfg)
            for task, out_channels in task_channels.items()
        })

    def forward(self, feats: Features | Sequence[Tensor] | Tensor
                ) -> ModelOutput:
        """See :class:`MultiTaskHead`."""
        maps = project(self.fuse, Features.wrap(feats),
                       list(self.task_channels))
        initial = {}
        for task, predict in self.initial.items():
            maps[task], logits = predict(maps[task])
            initial[task] = dict(initial=Stage(logits))
        spread = self.diffusion(maps)
        return ModelOutput({
            task: self.task_output(task, predict(spread[task])[1],
                                   initial[task])
            for task, predict in self.reconstruct.items()
        })
