# Copyright (c) mtcp_mm authors. All rights reserved.
import torch
import torch.nn.functional as F
import torchvision
from mmengine.registry import DefaultScope

from mtcp_mm.models.encoders import StemResNet, describe


def test_is_the_dilated_resnet_of_torchvision():
    """Oracle: torchvision's layers, with the same weights and their names."""
    torch.manual_seed(0)
    theirs = torchvision.models.resnet50(
        replace_stride_with_dilation=[False, False, True]).eval()
    ours = StemResNet(
        depth=50,
        strides=(1, 2, 2, 1),
        dilations=(1, 1, 1, 2),
        contract_dilation=True)
    ours.eval()  # mmseg's returns None
    missing, surplus = ours.load_state_dict(theirs.state_dict(), strict=False)
    assert missing == [] and surplus == ['fc.weight', 'fc.bias']
    x = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        expected = [F.relu(theirs.bn1(theirs.conv1(x)))]
        y = theirs.maxpool(expected[0])
        for name in ('layer1', 'layer2', 'layer3', 'layer4'):
            y = getattr(theirs, name)(y)
            expected.append(y)
        torch.testing.assert_close(ours(x), tuple(expected))


def test_deep_stem_and_fewer_stages():
    """Oracle: the architecture, by hand."""
    with DefaultScope.overwrite_default_scope('mmseg'):
        info = describe(
            StemResNet(
                depth=18, base_channels=8, deep_stem=True, stem_channels=8,
                out_indices=(1, 3)))
    assert [tuple(m) for m in info.shared] == [(8, 2), (16, 8), (64, 32)]
