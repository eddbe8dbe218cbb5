# Copyright (c) mtcp_mm authors. All rights reserved.
"""What the released code of MT-CP does otherwise than the paper.

Everything that exists for ``configs/mtcp_nyud_released.py`` alone; the
numbers in brackets are those of docs/paper_vs_code.md.
"""
from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from mmcv.cnn import ConvModule, build_activation_layer, build_norm_layer
from mmengine.model import BaseModule, ModuleDict, ModuleList
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import Features, ModelOutput, TaskLosses
from .heads import MTCPHead
from .heads.task_decoder import TaskDecoder
from .layers import CBAM, CoherenceFusionModule, resize_to
from .layers.cbam import cbam_norm_act
from .losses import MaskedL1Loss
from .losses.utils import masked_mean
from .weighting import LPSWeighting

__all__ = [
    'ConvPredictor', 'LimitedL1Loss', 'PlainFPN', 'ReleasedFusion',
    'ReleasedLPSWeighting', 'ReleasedMTCPHead'
]

#: Norm after the spatial convolution of every CBAM [10].
CBAM_NORM = dict(type='BN', momentum=0.01)


@MODELS.register_module()
class PlainFPN(BaseModule):
    """Merge a pyramid into its finest map by plain sums [9].

    1x1 convolutions, the coarser levels added top-down (nearest), and a 3x3
    convolution on the finest level. The convolutions of the coarser levels,
    whose output is not used there, are left out.

    Args:
        in_channels (Sequence[int]): Channels of the levels, finest first.
        channels (int): Channels of the output. Defaults to 256.

    Shape:
        - feats: tuple of (N, in_channels[i], H_i, W_i), finest first
        - output: (N, channels, H_0, W_0)

    Raises:
        ValueError: The number of maps is not that of ``in_channels``.
    """

    def __init__(self,
                 in_channels: Sequence[int],
                 channels: int = 256,
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.laterals = ModuleList(
            nn.Conv2d(c, channels, 1) for c in in_channels)
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """Merge ``feats``; see the class for shapes."""
        if len(feats) != len(self.laterals):
            raise ValueError(
                f'PlainFPN was built for {len(self.laterals)} levels '
                f'(`in_channels`), but got {len(feats)} maps')
        *finer, merged = [
            lateral(x) for lateral, x in zip(self.laterals, feats)
        ]
        for x in reversed(finer):
            merged = x + F.interpolate(merged, size=x.shape[-2:])  # nearest
        return self.conv(merged)


class ReleasedFusion(CoherenceFusionModule):
    """CFM whose auxiliary map keeps the channels of all tasks [8].

    It has an activation only before theta and phi, the main branch none.
    X_a has ``num_aux * channels`` channels, so it has no cosine with X_m.
    """

    def __init__(self, channels: int, num_aux: int, norm_cfg: dict) -> None:
        super().__init__(channels, num_aux, norm_cfg=norm_cfg)
        width, act_cfg = num_aux * channels, dict(type='ReLU')
        self.aux_proj = nn.Conv2d(width, width, 1)
        self.main_branch = cbam_norm_act(channels, norm_cfg)
        self.aux_branch = build_activation_layer(act_cfg)
        self.theta = cbam_norm_act(width, norm_cfg, act_cfg)
        self.phi = cbam_norm_act(width, norm_cfg, act_cfg)


class ConvPredictor(BaseModule):
    """Logits from a feature map by a chain of 1x1 convolutions [16].

    Args:
        in_channels (int): Channels of the map.
        out_channels (int): Channels of the logits.
        hidden (Sequence[dict]): Arguments of mmcv's ``ConvModule`` for the
            convolutions before the last one, at least ``out_channels``; they
            have no norm unless ``norm_cfg`` is given, and no activation
            unless ``act_cfg`` is. Defaults to none.
        double_after (int, optional): Number of convolutions after which
            height and width are doubled (bilinear, corners aligned), up to
            ``len(hidden) + 1``. Defaults to None, not at all.

    Shape:
        - input: (N, in_channels, H, W)
        - output: (N, out_channels, H, W), or of twice the height and width

    Raises:
        ValueError: ``double_after`` out of its range.
    """

    def __init__(self,
                 in_channels: int,
                 out_channels: int,
                 hidden: Sequence[dict] = (),
                 double_after: int | None = None) -> None:
        super().__init__()
        if double_after is not None and not 1 <= double_after <= len(
                hidden) + 1:
            raise ValueError('`double_after` counts convolutions, from 1 to '
                             f'{len(hidden) + 1}, but is {double_after}')
        self.double_after = double_after
        self.convs = ModuleList()
        for cfg in hidden:
            cfg = dict(dict(kernel_size=1, norm_cfg=None, act_cfg=None), **cfg)
            self.convs.append(ConvModule(in_channels, **cfg))
            in_channels = cfg['out_channels']
        self.convs.append(nn.Conv2d(in_channels, out_channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Predict; see the class for shapes."""
        for i, conv in enumerate(self.convs, start=1):
            x = conv(x)
            if i == self.double_after:
                x = F.interpolate(
                    x,
                    size=[2 * side for side in x.shape[-2:]],
                    mode='bilinear',
                    align_corners=True)
        return x


@MODELS.register_module()
class ReleasedMTCPHead(MTCPHead):
    """The head as the released code has it; see :class:`MTCPHead`.

    Plain FPNs [9], :class:`ReleasedFusion` without coherence loss [5, 8],
    norms in all CBAMs [10], deeper predictors [16].

    Args:
        task_channels (Mapping[str, int]): Logit channels per task.
        *args: See :class:`MTCPHead`.
        predictors (Mapping[str, dict], optional): Task to the arguments of
            the :class:`ConvPredictor` of its final logits. A task that is not
            named has one 1x1 convolution.
        stage_predictor (dict, optional): The same for the intermediate
            logits of all tasks.
        stage_losses (Mapping[str, dict], optional): Task to the criterion of
            its intermediate logits, where it is another one [11].
        **kwargs: As ``*args``.

    Raises:
        ValueError: An unknown task is named, or a ``loss_coherence``.
    """

    def __init__(self,
                 task_channels: Mapping[str, int],
                 *args,
                 predictors: Mapping[str, dict] | None = None,
                 stage_predictor: dict | None = None,
                 stage_losses: Mapping[str, dict] | None = None,
                 **kwargs) -> None:
        for name, table in dict(
                predictors=predictors, stage_losses=stage_losses).items():
            if unknown := sorted(set(table or {}) - set(task_channels)):
                raise ValueError(
                    f'`{name}` names the unknown tasks {unknown}; the tasks '
                    f'of this model are {list(task_channels)}')
        self._predictors = predictors or {}
        self._stage_predictor = stage_predictor
        if kwargs.setdefault('loss_coherence', None) is not None:
            raise ValueError(
                'The auxiliary maps of ReleasedMTCPHead have the channels of '
                'all other tasks, so they have no cosine with the main maps: '
                'set `loss_coherence=None`')
        super().__init__(task_channels, *args, **kwargs)
        self.stage_losses = ModuleDict({
            task: MODELS.build(cfg)
            for task, cfg in (stage_losses or {}).items()
        })
        for module in self.modules():
            if isinstance(module, CBAM):
                module.spatial_conv = nn.Sequential(
                    nn.Conv2d(2, 1, 7, padding=3, bias=False),
                    build_norm_layer(CBAM_NORM, 1)[1])

    def _build_decoder(self, channels: int, hfp: dict | None) -> TaskDecoder:
        decoder = TaskDecoder(channels, hfp)
        decoder.dfpn = PlainFPN(decoder.hfp.out_channels, channels)
        return decoder

    def _build_fusion(self, channels: int, norm_cfg: dict) -> ReleasedFusion:
        return ReleasedFusion(channels, len(self.task_channels) - 1, norm_cfg)

    def _build_output(self, task: str, channels: int, norm_cfg: dict,
                      with_srm: bool) -> nn.Module:
        output = super()._build_output(task, channels, norm_cfg, with_srm)
        width = self.task_channels[task]
        if task in self._predictors:
            predictor = ConvPredictor(channels, width,
                                      **self._predictors[task])
            if not with_srm:
                return predictor
            output.predictors[-1] = predictor
        if with_srm and self._stage_predictor is not None:
            for i in range(len(output.predictors) - 1):
                output.predictors[i] = ConvPredictor(channels, width,
                                                     **self._stage_predictor)
        return output

    def forward(self, feats: Features | Sequence[Tensor] | Tensor
                ) -> ModelOutput:
        """See :class:`MultiTaskHead`."""
        out = super().forward(feats)
        for task, criterion in self.stage_losses.items():
            for stage in out.tasks[task].stages.values():
                stage.criterion = _at_target_size(criterion)
        return out


def _at_target_size(criterion: nn.Module) -> Callable:

    def loss(logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        logits = resize_to(logits, target.shape[-2:])
        return criterion(logits, target, valid)

    return loss


@MODELS.register_module()
class LimitedL1Loss(MaskedL1Loss):
    """L1 loss over values whose target is small enough [11, 15].

    Args:
        max_target (float): A value counts only where its target is smaller.
            Defaults to 6.5535 (m), the limit of depths in the release.
        loss_weight (float): Factor. Defaults to 1.

    Shape: See :class:`MaskedL1Loss`.
    """

    def __init__(self,
                 max_target: float = 65535 * .01 * .01,
                 loss_weight: float = 1.) -> None:
        super().__init__(loss_weight)
        self.max_target = max_target

    def forward(self, pred: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Compute the loss; see the class for shapes."""
        counts = valid[:, None] & (target < self.max_target)
        return self.loss_weight * masked_mean((pred - target).abs(), counts)


@MODELS.register_module()
class ReleasedLPSWeighting(LPSWeighting):
    """LPS of the released code: computed and logged, without effect [1].

    No log, no floor [3, 4]; the weights of the second interval are the total
    over the loss of each task [3].

    Args:
        tasks (Sequence[str]): Names of all tasks.
        kappa (float): Spread factor. Defaults to 7.5 [4].
    """

    def __init__(self, tasks: Sequence[str], kappa: float = 7.5) -> None:
        super().__init__(tasks, kappa=kappa, log=False, min_weight=None)

    def forward(self, losses: TaskLosses,
                features: Sequence[Tensor] = ()) -> Tensor:
        """Plain sum: the released total is overwritten by it."""
        return torch.stack(list(self.terms(losses).values())).sum()

    def update(self, mean_losses: Mapping[str, float]) -> dict[str, float]:
        """See :class:`LPSWeighting`."""
        is_first = not any(self._losses.values())
        super().update(mean_losses)
        if is_first:
            self._weights.update({
                task: 1 / share if share > 0 else 1.
                for task, share in self.shares.items()
            })
        return self.weights
