# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import init_default_scope

from mtcp_mm.models.encoders import MTANEncoder, describe

RESNET = dict(type='ResNet', depth=18, base_channels=8, stem_channels=8)
DILATED = dict(RESNET, strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4))


@pytest.fixture(autouse=True)
def scope():
    init_default_scope('mmseg')
    torch.manual_seed(0)


def build(backbone=RESNET, tasks=('a', 'b'), **kwargs):
    return MTANEncoder(backbone, list(tasks), **kwargs)


class TestMasks:

    @pytest.mark.parametrize('backbone', [RESNET, DILATED])
    def test_masks_of_one_leave_the_backbone(self, backbone):
        """Oracle: mmseg's ResNet. A bias of 30 makes sigmoid 1 in fp32."""
        encoder = build(backbone).eval()
        for masks in encoder.masks.values():
            for mask in masks:
                mask[-2].weight.data.zero_()
                mask[-2].bias.data.fill_(30.)
        x = torch.randn(2, 3, 33, 48)
        expected = encoder.trunk(x)
        for maps in encoder(x).per_task.values():
            for a, b in zip(maps, expected, strict=True):
                assert torch.equal(a, b)

    def test_masks_are_between_0_and_1(self):
        """Oracle: the quotient of output and backbone."""
        encoder = build()
        x = torch.randn(2, 3, 64, 64)
        feats, maps = encoder(x), encoder.trunk(x)
        for own in feats.per_task.values():
            for a, b in zip(own, maps):
                mask = (a / b)[b > 1e-3]
                assert (0 < mask).all() and (mask < 1).all()
        assert not torch.equal(feats.of('a')[0], feats.of('b')[0])


@pytest.mark.parametrize('backbone, pooled', [(RESNET, (2, 2, 2)),
                                              (DILATED, (2, 1, 1))])
def test_way_of_a_task_by_hand(backbone, pooled):
    """Oracle: the architecture, layer by layer; a task's map is pooled where
    the backbone gets coarser, of a dilated one after stage 1 only."""
    encoder = build(backbone).eval()
    net, x = encoder.trunk, torch.randn(1, 3, 70, 50)  # odd maps
    found = encoder(x).of('b')
    x = net.maxpool(net.relu(net.bn1(net.conv1(x))))
    for i in range(4):
        layer = getattr(net, f'layer{i + 1}')
        seen = before = layer[0](x)
        x = layer[1](before)
        if i:
            own = encoder.refine[i - 1][0](found[i - 1])
            if pooled[i - 1] > 1:
                own = F.max_pool2d(F.pad(own, (0, own.shape[-1] % 2, 0,
                                               own.shape[-2] % 2),
                                         value=-torch.inf), 2)
            seen = torch.cat([before, own], 1)
        conv1, norm1, _, conv2, norm2, _ = encoder.masks['b'][i]
        mask = torch.sigmoid(norm2(conv2(F.relu(norm1(conv1(seen))))))
        torch.testing.assert_close(found[i], mask * x)


@pytest.mark.parametrize('tasks', ['a', 'abc'])
def test_gradient_reaches_every_parameter(tasks):
    """Of the last map, all that a DeepLab head reads. Oracle: DDP."""
    encoder = build(tasks=tasks)
    feats = encoder(torch.randn(2, 3, 64, 64))
    sum(m[-1].square().sum() for m in feats.per_task.values()).backward()
    assert all(p.grad is not None for p in encoder.parameters())


@pytest.mark.parametrize('depth, tasks, number', [(50, 'ab', 16_283_264),
                                                  (18, 'abcde', 1_817_552)])
def test_published_number_of_parameters(depth, tasks, number):
    """What masks and shared refinement add to one ResNet."""
    with torch.device('meta'):
        encoder = build(dict(type='ResNet', depth=depth), tasks)
    count = sum(p.numel() for p in encoder.parameters())
    trunk = sum(p.numel() for p in encoder.trunk.parameters())
    assert count - trunk == number


def test_describes_itself():
    info = describe(build(DILATED))
    assert [tuple(m) for m in info.of('b')] == [
        (8, 4), (16, 8), (32, 8), (64, 8)]


def test_stage_of_a_block_that_shrinks_the_map():
    """Oracle: the blocks of a ResNet."""
    stages = [['conv1', 'bn1', 'relu', 'maxpool'], ['layer1', 'layer2.0'],
              ['layer2.1', 'layer3', 'layer4']]
    with pytest.raises(ValueError, match='Stage 1 .*stride=4.*layer2.0.*'
                       'stride=8'):
        build(stages=stages)
