# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
from mmcv.ops import ModulatedDeformConv2dPack
from mmengine.registry import init_default_scope
from mmseg.models.backbones import MixVisionTransformer, ResNetV1c
from torch import nn

from mtcp_mm.models.encoders import describe, encode, encoding
from mtcp_mm.models.necks import Mask2FormerNeck
from mtcp_mm.structures import Features, MapInfo


class OwnMaps(nn.Module):
    """A backbone with a shared map and one of its own for a task."""

    def __init__(self, tasks):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, stride=4, padding=1)
        self.own = nn.ModuleDict(
            {t: nn.Conv2d(4, 5 + i, 3, stride=2, padding=1)
             for i, t in enumerate(tasks)})

    def forward(self, x):
        x = self.stem(x)
        return Features((x, ), {t: (x, m(x)) for t, m in self.own.items()})


class Deformable(nn.Module):
    """Its op has no rule for fake tensors."""

    def __init__(self):
        super().__init__()
        self.conv = ModulatedDeformConv2dPack(3, 6, 3, stride=2, padding=1)

    def forward(self, x):
        return self.conv(x)


class Declared(nn.Module):
    """Tells its widths, and cannot run."""

    def describe_features(self):
        return MapInfo(7, 4), MapInfo(9, 8)


class NeedsLabels(nn.Module):

    def forward(self, x, labels):
        return x


@pytest.fixture(autouse=True)
def scope():
    init_default_scope('mmseg')


class TestDescribe:
    """Oracle: widths that the sources of the backbones say."""

    @pytest.mark.parametrize('build', [
        lambda: ResNetV1c(depth=18, base_channels=8),
        lambda: MixVisionTransformer(
            embed_dims=8, num_layers=[1] * 4, num_heads=[1, 2, 4, 8])
    ])
    def test_pyramid(self, build):
        assert describe(build()).shared == (MapInfo(8, 4), MapInfo(
            16, 8), MapInfo(32, 16), MapInfo(64, 32))

    def test_maps_per_task(self):
        info = describe(OwnMaps(['a', 'b']))
        assert info.shared == (MapInfo(4, 4), )
        assert info.of('a') == (MapInfo(4, 4), MapInfo(5, 8))
        assert info.of('b') == (MapInfo(4, 4), MapInfo(6, 8))
        assert info.of('c') == info.shared

    def test_op_without_fake_tensors(self):
        assert describe(Deformable()).shared == (MapInfo(6, 2), )

    def test_declared(self):
        assert describe(Declared()).shared == (MapInfo(7, 4), MapInfo(9, 8))

    def test_neck(self):
        neck = Mask2FormerNeck([8, 16, 32, 64], channels=32, num_queries=3,
                               num_encoder_layers=1, num_decoder_layers=1,
                               norm_cfg=dict(type='GN', num_groups=8))
        backbone = ResNetV1c(depth=18, base_channels=8)
        assert describe(backbone, neck).shared == (MapInfo(32, 4), )

    def test_gives_up_with_a_reason(self, monkeypatch):
        said = []
        monkeypatch.setattr(encoding, 'print_log',
                            lambda text, **kwargs: said.append(text))
        assert describe(NeedsLabels()) is None
        assert 'NeedsLabels' in said[0] and '`in_channels`' in said[0]

    def test_leaves_no_trace(self):
        """Statistics, modes and random numbers stay as they were."""
        backbone = ResNetV1c(depth=18, base_channels=8)
        backbone.train()
        backbone.layer1.eval()
        modes = [m.training for m in backbone.modules()]
        before = {k: v.clone() for k, v in backbone.state_dict().items()}
        random = torch.get_rng_state()
        describe(backbone)
        assert torch.equal(random, torch.get_rng_state())
        assert modes == [m.training for m in backbone.modules()]
        for key, value in backbone.state_dict().items():
            assert torch.equal(value, before[key])


class Half(nn.Module):
    """An ordinary neck."""

    def forward(self, maps):
        assert not isinstance(maps, Features)
        return tuple(x / 2 for x in maps)


class Own(nn.Module):
    """A neck that knows tasks: adds the shared map to those of a task."""

    takes_features = True

    def forward(self, feats):
        return Features(
            (), {t: (maps[0] + feats.shared[0], )
                 for t, maps in feats.per_task.items()})


class TestEncode:
    """Oracle: the parts, called by hand."""

    @pytest.mark.parametrize('wrapped', [lambda x: x, lambda x: (x, ),
                                         lambda x: [x]])
    def test_whatever_a_backbone_returns(self, wrapped):
        x = torch.randn(1, 3, 8, 8)

        class Backbone(nn.Module):

            def forward(self, x):
                return wrapped(x)

        out = encode(Backbone(), None, x)
        assert out.shared == (x, ) and not out.per_task

    def test_ordinary_neck_sees_tuples(self):
        backbone, x = OwnMaps(['a', 'b']), torch.randn(1, 3, 16, 16)
        plain, halved = backbone(x), encode(backbone, Half(), x)
        assert torch.equal(halved.shared[0], plain.shared[0] / 2)
        assert torch.equal(halved.of('b')[1], plain.of('b')[1] / 2)

    def test_neck_that_knows_tasks(self):
        backbone, x = OwnMaps(['a', 'b']), torch.randn(1, 3, 16, 16)
        out = encode(backbone, Own(), x)
        assert not out.shared
        assert torch.equal(out.of('a')[0], 2 * backbone(x).shared[0])
