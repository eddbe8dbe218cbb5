# Copyright (c) mtcp_mm authors. All rights reserved.
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule, Sequential
from torch import Tensor


class RelationalContext(BaseModule):
    """What the pixels of one task ask those of another (ATRC, ICCV 2021).

    Queries are two 1x1 convolutions of the target, keys are two of the
    source, values one; all with norm and ReLU. A subclass says what a query
    meets.

    Args:
        channels (int): Channels of both maps.
        width (int): Channels of queries, keys and values, and of the output.
        norm_cfg (dict): Norm of the convolutions. Defaults to BN.
    """

    #: Activation behind queries and keys.
    act_cfg: dict | None = dict(type='ReLU')

    def __init__(
        self,
        channels: int,
        width: int,
        norm_cfg: dict = dict(type='BN'),
        init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.query, self.key = (
            Sequential(
                ConvModule(channels, width, 1, norm_cfg=norm_cfg),
                ConvModule(
                    width, width, 1, norm_cfg=norm_cfg, act_cfg=self.act_cfg))
            for _ in range(2))
        self.value = ConvModule(channels, width, 1, norm_cfg=norm_cfg)

    def check_sizes(self, **maps: Tensor) -> None:
        """Refuse maps that do not lie on one another.

        Raises:
            ValueError: Names the maps and their sizes.
        """
        sizes = {name: tuple(x.shape[-2:]) for name, x in maps.items()}
        if len(set(sizes.values())) > 1:
            raise ValueError(
                f'{type(self).__name__} needs maps of one size, but has '
                f'{", ".join(f"{k} {v}" for k, v in sizes.items())}. Resize '
                'them first.')
