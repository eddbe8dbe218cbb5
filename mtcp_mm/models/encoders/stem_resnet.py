# Copyright (c) mtcp_mm authors. All rights reserved.
from mmseg.models.backbones import ResNet
from torch import Tensor

from mtcp_mm.registry import MODELS


@MODELS.register_module()
class StemResNet(ResNet):
    """mmseg's ResNet that gives the map before its max-pooling, too.

    DenseMTL's decoders have a skip connection from there. All options are
    those of ``ResNet``; ``strides=(1, 2, 2, 1)``,
    ``dilations=(1, 1, 1, 2)`` and ``contract_dilation=True`` make it
    torchvision's with a dilated last stage.

    Shape:
        - x: (N, 3, H, W)
        - output: the stem (N, base_channels, H / 2, W / 2), and the stages
          of ``out_indices``
    """

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Encode; see the class for shapes."""
        if self.deep_stem:
            x = self.stem(x)
        else:
            x = self.relu(self.norm1(self.conv1(x)))
        maps, x = [x], self.maxpool(x)
        for i, name in enumerate(self.res_layers):
            x = getattr(self, name)(x)
            if i in self.out_indices:
                maps.append(x)
        return tuple(maps)
