# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
from mmengine.registry import init_default_scope
from torch import nn

from mtcp_mm.models.encoders import build_encoder, channels_of, offer
from mtcp_mm.models.estimators import MultiTaskEstimator
from mtcp_mm.registry import MODELS
from mtcp_mm.structures import (
    Features,
    MapInfo,
    ModelOutput,
    TaskOutput,
)

TASKS = dict(
    depth=dict(type='mtcp_mm.DepthTask'),
    normals=dict(type='mtcp_mm.NormalsTask'))


class AsksForTasks(nn.Module):
    """A convolution per task."""

    def __init__(self, width, tasks):
        super().__init__()
        self.convs = nn.ModuleDict({
            t: nn.Conv2d(3, width + i, 4, stride=4)
            for i, t in enumerate(tasks)
        })

    def forward(self, x):
        return Features(per_task={t: (c(x), ) for t, c in self.convs.items()})


class Keeps(nn.Module):
    """Keeps what it is given."""

    def __init__(self, **kwargs):
        super().__init__()
        self.given = kwargs


class AsksForAll(Keeps):

    def __init__(self, task_channels, in_channels, in_strides, **kwargs):
        super().__init__(
            in_channels=in_channels, in_strides=in_strides, **kwargs)
        self.task_channels = task_channels

    def forward(self, feats):
        return ModelOutput({
            t: TaskOutput(feats.of(t)[0][:, :c])
            for t, c in self.task_channels.items()
        })


class AsksForNothing(nn.Module):

    def __init__(self, task_channels):
        super().__init__()
        self.given = dict(task_channels=task_channels)


TOYS = (AsksForTasks, AsksForAll, AsksForNothing)


@pytest.fixture(autouse=True)
def toys():
    init_default_scope('mmseg')
    for toy in TOYS:
        MODELS.register_module(module=toy)
    yield
    for toy in TOYS:
        MODELS.module_dict.pop(toy.__name__)


class TestOffer:
    """Oracle: the signatures above."""

    def test_only_what_is_asked_for(self):
        offers = dict(tasks=['a'], in_channels=lambda: [1], other=3)
        assert offer(dict(type='mtcp_mm.AsksForTasks', width=4), **offers) == (
            dict(type='mtcp_mm.AsksForTasks', width=4, tasks=['a']))
        assert offer(dict(type=AsksForNothing), **offers) == (
            dict(type=AsksForNothing))

    def test_config_wins_and_nobody_is_asked(self):
        cfg = dict(type='mtcp_mm.AsksForAll', in_channels=8)
        assert offer(cfg, in_channels=lambda: 1 / 0) == cfg

    def test_base_classes_ask_through_kwargs(self):
        cfg = offer(dict(type='mtcp_mm.HFPHead'), helpers=['a'])
        assert cfg['helpers'] == ['a']

    def test_what_nobody_knows_is_not_given(self):
        cfg = dict(type='mtcp_mm.AsksForAll')
        assert offer(cfg, in_channels=lambda: None) == cfg


def test_neck_gets_the_widths_of_the_backbone():
    backbone, neck = build_encoder(
        dict(type='ResNetV1c', depth=18, base_channels=8),
        dict(type='mmdet.FPN', out_channels=4, num_outs=4), ['a'])
    assert neck.in_channels == [8, 16, 32, 64]


def test_channels_of():
    shared = Features((MapInfo(8, 4), MapInfo(16, 8)))
    assert channels_of(shared, ['a', 'b']) == dict(
        in_channels=[8, 16], in_strides=[4, 8])
    own = Features(shared.shared, dict(b=(MapInfo(5, 2), )))
    assert channels_of(own, ['a', 'b']) == dict(
        in_channels=dict(a=[8, 16], b=[5]), in_strides=dict(
            a=[4, 8], b=[2]))
    assert channels_of(None, ['a'])['in_channels'] is None


class TestEstimator:
    """The parts of a whole model know each other."""

    def build(self, **kwargs):
        return MultiTaskEstimator(**dict(
            dict(
                backbone=dict(type='mtcp_mm.AsksForTasks', width=6),
                decode_head=dict(type='mtcp_mm.AsksForAll'),
                tasks=TASKS), **kwargs))

    def test_head_gets_widths_and_strides_by_task(self):
        model = self.build()
        assert list(model.backbone.convs) == ['depth', 'normals']
        assert model.decode_head.given == dict(
            in_channels=dict(depth=[6], normals=[7]),
            in_strides=dict(depth=[4], normals=[4]))
        x = torch.randn(1, 3, 8, 8)
        out = model(x, mode='tensor').tasks['normals'].final
        assert torch.equal(out, model.backbone.convs['normals'](x)[:, :3])

    def test_real_head_on_an_encoder_that_knows_tasks(self):
        """The head reads the maps of each task: those of the other change
        nothing without a CFM."""
        model = self.build(
            decode_head=dict(
                type='mtcp_mm.MTCPHead', channels=8, with_cfm=False)).eval()
        x = torch.randn(1, 3, 32, 32)
        before = model.encode_decode(x)
        model.backbone.convs['depth'].weight.data.neg_()
        after = model.encode_decode(x)
        assert torch.equal(before['normals'], after['normals'])
        assert not torch.equal(before['depth'], after['depth'])

    def test_foreign_output_is_named(self):
        model = self.build(
            backbone=dict(type='ResNetV1c', depth=18, base_channels=8),
            decode_head=dict(type='mtcp_mm.AsksForNothing')).eval()
        model.decode_head.forward = lambda feats: {}
        with pytest.raises(TypeError, match='returns a dict, not a .*Output'):
            model(torch.randn(1, 3, 32, 32), mode='tensor')

    def test_missing_final_logits_are_named(self):
        model = self.build()
        model.decode_head.forward = lambda feats: ModelOutput(
            dict(depth=TaskOutput(None), normals=TaskOutput(feats.of(
                'normals')[0])))
        with pytest.raises(ValueError, match='no final logits for task '
                           '`depth`.*helper=True'):
            model(torch.randn(1, 3, 32, 32), mode='tensor')
