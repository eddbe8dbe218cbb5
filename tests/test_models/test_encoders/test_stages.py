# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
from mmengine.registry import init_default_scope
from mmseg.models.backbones import MixVisionTransformer, ResNet
from torch import nn

from mtcp_mm.models.encoders.stages import describe_stages, run, stages_of


@pytest.fixture(autouse=True)
def scope():
    init_default_scope('mmseg')


def lite0():
    mmpretrain = pytest.importorskip('mmpretrain.models')
    pytest.importorskip('timm')
    return mmpretrain.TIMMBackbone(
        'tf_efficientnet_lite0', features_only=True, out_indices=(1, 2, 3, 4))


#: As in configs/baselines/cross_stitch_lite0.py.
LITE0 = [['timm_model.conv_stem', 'timm_model.bn1', 'timm_model.blocks.0'],
         ['timm_model.blocks.1'], ['timm_model.blocks.2'],
         ['timm_model.blocks.3', 'timm_model.blocks.4'],
         ['timm_model.blocks.5', 'timm_model.blocks.6']]


@pytest.mark.parametrize('build, stages', [
    (lambda: ResNet(18, base_channels=8), None),
    (lambda: ResNet(50, base_channels=8, deep_stem=True, avg_down=True,
                    strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4)), None),
    (lite0, LITE0),
])
def test_stages_in_a_row_are_the_backbone(build, stages):
    """Oracle: its own forward pass, and the widths of what it returns."""
    backbone = build()
    backbone.eval()
    chain = stages_of(backbone, stages)
    x = torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        expected, found = backbone(x), []
        for blocks in chain:
            found.append(run(backbone, blocks, x if not found else found[-1]))
    assert len(found) == len(expected) + 1
    for a, b in zip(found[1:], expected):
        assert torch.equal(a, b)
    infos = [tuple(after) for _, after in describe_stages(backbone, chain)]
    assert infos[1:] == [(m.shape[1], 64 // m.shape[2]) for m in expected]


def test_last_blocks():
    """Oracle: the layout of a ResNet-18, two blocks in each stage."""
    backbone = ResNet(18, base_channels=8)
    chain = stages_of(backbone)
    assert chain == [['conv1', 'bn1', 'relu', 'maxpool'],
                     *([f'layer{i}.0', f'layer{i}.1'] for i in range(1, 5))]
    assert [tuple(before) for before, _ in describe_stages(backbone, chain)
            ] == [(64, 2), (8, 4), (16, 8), (32, 16), (64, 32)]


def test_replaced_modules_are_run():
    """Oracle: a norm that gives zeros, put in as SyncBN would be."""
    backbone = ResNet(18, base_channels=8)
    chain = stages_of(backbone)
    backbone.bn1 = nn.Sequential(backbone.bn1, nn.Threshold(9e9, 0.))
    assert not run(backbone, chain[0], torch.randn(2, 3, 32, 32)).any()


class TestMistakes:
    """Oracle: the name that is wrong."""

    def test_other_backbones_need_stages(self):
        backbone = MixVisionTransformer(
            embed_dims=8, num_layers=[1] * 4, num_heads=[1, 2, 4, 8])
        with pytest.raises(ValueError, match='MixVisionTransformer are not '
                           r"known.*It has \['layers'\]"):
            stages_of(backbone)

    def test_unknown_module(self):
        with pytest.raises(ValueError, match='names `layer5`, but ResNet: .*'
                           'layer5'):
            stages_of(ResNet(18), [['conv1'], ['layer5']])

    def test_parts_that_are_left_out(self):
        with pytest.raises(ValueError, match='2 parameters of ResNet are in '
                           'none.*the first is bn1.weight'):
            stages_of(ResNet(18), [['conv1'], ['layer1'], ['layer2'],
                                   ['layer3'], ['layer4']])

    def test_stages_in_the_wrong_order(self):
        with pytest.raises(ValueError, match="could not be run.*'layer2.0'"):
            backbone = ResNet(18)
            describe_stages(
                backbone,
                stages_of(backbone, [['conv1', 'bn1'], ['layer2'], ['layer1'],
                                     ['layer3'], ['layer4']]))
