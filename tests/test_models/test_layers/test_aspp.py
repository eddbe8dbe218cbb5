# Copyright (c) mtcp_mm authors. All rights reserved.
import torch
from mmengine.registry import DefaultScope
from mmseg.models.decode_heads import ASPPHead

from mtcp_mm.models.layers import ASPP


def test_matches_mmseg():
    """Oracle: mmseg's ASPPHead, whose 3x3 bottleneck is given the weights of
    our 1x1 one in its centre."""
    torch.manual_seed(0)
    layer = ASPP(6, 4, dilations=(1, 2, 3)).eval()
    with DefaultScope.overwrite_default_scope('mmseg'):
        head = ASPPHead(
            dilations=(1, 2, 3), in_channels=6, channels=4, num_classes=2,
            norm_cfg=dict(type='BN')).eval()
    head.aspp_modules.load_state_dict(layer.branches.state_dict())
    head.image_pool[1].load_state_dict(layer.image.state_dict())
    weight = head.bottleneck.conv.weight.data.zero_()
    # there the mean of the image comes first
    weight[..., 1, 1] = layer.project.conv.weight.data[..., 0, 0].roll(4, 1)
    x = torch.randn(2, 6, 5, 7)
    torch.testing.assert_close(layer(x), head._forward_feature([x]))
