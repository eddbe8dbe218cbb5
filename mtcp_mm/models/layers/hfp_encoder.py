# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

from mmcv.cnn import build_norm_layer
from mmcv.cnn.bricks.transformer import PatchMerging
from mmengine.model import BaseModule, ModuleList
from mmseg.models.backbones.swin import SwinBlockSequence
from torch import Tensor

from mtcp_mm.registry import MODELS


@MODELS.register_module()
class HFPEncoder(BaseModule):
    """Hierarchical transformer of one task: a light Swin on a feature map.

    Every stage halves the size and doubles the width. There is no patch
    embedding: the map comes in at its own stride (MT-CP, Sec. 3.2).

    Args:
        in_channels (int): Channels of the map, and width of the first stage.
        depths (Sequence[int]): Blocks per stage. Defaults to (1, 2, 1).
        num_heads (int): Attention heads of every stage. Defaults to 2.
        window_size (int): Side of an attention window. Defaults to 7.
        mlp_ratio (float): Hidden width of the FFN. Defaults to 4.
        drop_path_rate (float): Stochastic depth. Defaults to 0.
        with_cp (bool): Trade time for memory. Defaults to False.

    Shape:
        - input: (N, in_channels, H, W)
        - output: tuple over stages i of
          (N, in_channels * 2**i, ceil(H / 2**i), ceil(W / 2**i))

    Raises:
        ValueError: ``in_channels`` is no multiple of ``num_heads``.
    """

    def __init__(
        self,
        in_channels: int,
        depths: Sequence[int] = (1, 2, 1),
        num_heads: int = 2,
        window_size: int = 7,
        mlp_ratio: float = 4.,
        drop_path_rate: float = 0.,
        with_cp: bool = False,
        init_cfg: dict | None = dict(
            type='TruncNormal', layer='Linear', std=.02, bias=0.)
    ) -> None:
        super().__init__(init_cfg)
        if in_channels % num_heads:
            raise ValueError(f'HFPEncoder: `in_channels` ({in_channels}) must '
                             f'be a multiple of `num_heads` ({num_heads})')
        self.out_channels = [in_channels * 2**i for i in range(len(depths))]
        self.stages = ModuleList()
        self.norms = ModuleList()
        for i, (depth, width) in enumerate(zip(depths, self.out_channels)):
            downsample = None
            if i + 1 < len(depths):
                downsample = PatchMerging(
                    in_channels=width, out_channels=2 * width, stride=2)
            self.stages.append(
                SwinBlockSequence(
                    embed_dims=width,
                    num_heads=num_heads,
                    feedforward_channels=int(mlp_ratio * width),
                    depth=depth,
                    window_size=window_size,
                    drop_path_rate=drop_path_rate,
                    downsample=downsample,
                    with_cp=with_cp))
            self.norms.append(build_norm_layer(dict(type='LN'), width)[1])

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Encode ``x`` into a pyramid, finest level first."""
        size = x.shape[-2:]
        tokens = x.flatten(2).transpose(1, 2)
        feats = []
        for stage, norm in zip(self.stages, self.norms):
            tokens, next_size, feat, size = stage(tokens, size)
            feat = norm(feat).transpose(1, 2)
            feats.append(feat.unflatten(2, size).contiguous())
            size = next_size
        return tuple(feats)
