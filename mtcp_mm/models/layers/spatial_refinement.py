# Copyright (c) mtcp_mm authors. All rights reserved.
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from torch import Tensor

from mtcp_mm.registry import MODELS
from .cbam import CBAM
from .dynamic_fpn import resize_to


@MODELS.register_module()
class SpatialRefinementModule(BaseModule):
    """One step of the trace-back (SRM; MT-CP, Sec. 3.4 and Fig. 4).

    The traced map meets one stage of the task's own decoder. Two parallel
    1x1 convolutions give the feature of a prediction and the traced map for
    the next, finer stage.

    Args:
        traced_channels (int): Channels of the traced map.
        stage_channels (int): Channels of the decoder stage, and of the map
            that is traced on.
        channels (int): Channels of the prediction feature.
        trace_on (bool): Whether there is a next stage. Defaults to True.
        norm_cfg (dict): Norm of the branches. Defaults to BN.
        act_cfg (dict): Activation of the branches. Defaults to ReLU.

    Shape:
        - traced: (N, traced_channels, H', W'), any size
        - stage: (N, stage_channels, H, W)
        - prediction feature: (N, channels, H, W)
        - next traced map: (N, stage_channels, H, W), None without trace_on
    """

    def __init__(
        self,
        traced_channels: int,
        stage_channels: int,
        channels: int,
        trace_on: bool = True,
        norm_cfg: dict = dict(type='BN'),
        act_cfg: dict = dict(type='ReLU'),
        init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.traced_attention = CBAM(traced_channels)
        self.stage_attention = CBAM(stage_channels)
        in_channels = traced_channels + stage_channels
        cfgs = dict(norm_cfg=norm_cfg, act_cfg=act_cfg)
        self.prediction_branch = ConvModule(in_channels, channels, 1, **cfgs)
        self.trace_branch = None
        if trace_on:
            self.trace_branch = ConvModule(in_channels, stage_channels, 1,
                                           **cfgs)

    def forward(self, traced: Tensor,
                stage: Tensor) -> tuple[Tensor, Tensor | None]:
        """Refine; see the class for shapes.

        Returns:
            tuple[Tensor, Tensor | None]: Prediction feature, traced map.
        """
        size = stage.shape[-2:]
        traced = self.traced_attention(traced)
        if traced.shape[-2:].numel() > size.numel():
            traced = resize_to(traced, size)
        stage = self.stage_attention(stage)
        prediction = _join(self.prediction_branch, traced, stage)
        if self.trace_branch is None:
            return prediction, None
        return prediction, _join(self.trace_branch, traced, stage)


def _join(branch: ConvModule, traced: Tensor, stage: Tensor) -> Tensor:
    """The 1x1 branch on both maps, concatenated at the size of ``stage``.

    A 1x1 convolution commutes with a bilinear resize, so the traced map goes
    through its part of the weights at its own, smaller size.
    """
    widths = traced.shape[1], stage.shape[1]
    of_traced, of_stage = branch.conv.weight.split(widths, dim=1)
    x = F.conv2d(stage, of_stage, branch.conv.bias)
    x = x + resize_to(F.conv2d(traced, of_traced), x.shape[-2:])
    if branch.with_norm:
        x = branch.norm(x)
    return branch.activate(x) if branch.with_activation else x
