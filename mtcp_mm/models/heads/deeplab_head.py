# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

from mmcv.cnn import ConvModule
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from torch import Tensor

from mtcp_mm.registry import MODELS
from ..layers import ASPP


@MODELS.register_module()
class DeepLabHead(BaseDecodeHead):
    """DeepLabv3 as in torchvision: ASPP, 3x3 convolution, logits.

    The decoder of the multi-task code bases on a dilated ResNet. mmseg's
    ``ASPPHead`` has one 3x3 convolution in place of the 1x1 and the 3x3 here,
    three times as many parameters behind the branches. For ``MixedHead`` and
    mmseg's ``EncoderDecoder``.

    Args:
        in_channels (int): Channels of the map.
        channels (int): Width. Defaults to 256.
        dilations (Sequence[int]): Of the branches; 1 means a 1x1 convolution.
            Defaults to (1, 12, 24, 36), for maps of stride 8.
        dropout_ratio (float): Dropout behind the ASPP. Defaults to 0.5.
        **kwargs: ``num_classes``, ... of mmseg's ``BaseDecodeHead``.

    Shape:
        - inputs: tuple of maps, of which ``in_index`` (-1) is (N, C, H, W)
        - output: (N, num_classes, H, W)
    """

    def __init__(self,
                 in_channels: int,
                 channels: int = 256,
                 dilations: Sequence[int] = (1, 12, 24, 36),
                 dropout_ratio: float = 0.5,
                 norm_cfg: dict = dict(type='BN'),
                 **kwargs) -> None:
        super().__init__(
            in_channels,
            channels,
            dropout_ratio=0,
            norm_cfg=norm_cfg,
            **kwargs)
        self.aspp = ASPP(self.in_channels, channels, dilations, dropout_ratio,
                         norm_cfg)
        self.conv = ConvModule(
            channels, channels, 3, padding=1, norm_cfg=norm_cfg)

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Decode; see the class for shapes."""
        x = self.aspp(self._transform_inputs(inputs))
        return self.cls_seg(self.conv(x))
