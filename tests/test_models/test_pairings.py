# Copyright (c) mtcp_mm authors. All rights reserved.
"""The head of MT-CP on the backbones and necks of other packages."""
import mmpretrain.models  # noqa: F401  registers
import pytest
import torch
from mmengine.registry import DefaultScope, init_default_scope
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mtcp_mm.models.estimators import MultiTaskEstimator

TASKS = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=4),
    depth=dict(type='mtcp_mm.DepthTask'),
    normals=dict(type='mtcp_mm.NormalsTask'))


@pytest.fixture(autouse=True)
def default_scope():
    before = DefaultScope.get_current_instance()
    init_default_scope('mmseg')
    yield
    if before is None:
        DefaultScope._instance_dict.clear()


class PairingTester:
    """What the estimator must do on any backbone; a subclass names it.

    Small versions of the models in configs/mixing.
    """

    backbone = None
    neck = None
    in_channels = None  # what the head must find out, finest map first
    size = (53, 71)  # odd, padded by the data preprocessor

    def build(self, num_tasks=3):
        torch.manual_seed(0)
        return MultiTaskEstimator(
            backbone=self.backbone,
            neck=self.neck,
            decode_head=dict(
                type='mtcp_mm.MTCPHead',
                channels=8,
                hfp=dict(depths=(1, 1), mlp_ratio=2.)),
            tasks=dict(list(TASKS.items())[:num_tasks]),
            data_preprocessor=dict(
                type='mtcp_mm.MultiTaskDataPreProcessor',
                size_divisor=32,
                test_cfg=dict(size_divisor=32)))

    def batch(self, model):
        samples = []
        for i in range(2):
            rng = torch.Generator().manual_seed(i)
            sample = SegDataSample(metainfo=dict(ori_shape=self.size))
            for task in model.tasks.values():
                label = task.predict(
                    torch.randn(task.out_channels, *self.size, generator=rng))
                sample.set_data({
                    task.gt_key:
                    PixelData(
                        metainfo=dict(pad_value=task.ignore_value), data=label)
                })
            samples.append(sample)
        images = [torch.rand(3, *self.size) * 255 for _ in samples]
        return dict(inputs=images, data_samples=samples)

    def loss(self, model):
        data = model.data_preprocessor(self.batch(model), training=True)
        return model.parse_losses(model(**data, mode='loss'))[0]

    def test_head_knows_the_widths(self):
        """Oracle: the architecture, typed below."""
        found = self.build(1).decode_head.input.in_channels
        assert list(found) == self.in_channels

    @pytest.mark.parametrize('num_tasks', [1, 3])
    def test_gradient_reaches_every_parameter(self, num_tasks):
        """DDP needs no `find_unused_parameters`."""
        model = self.build(num_tasks).train()
        self.loss(model).backward()
        assert [n for n, p in model.named_parameters() if p.grad is None] == []

    def test_predicts_at_the_size_of_the_image(self):
        model = self.build().eval()
        with torch.no_grad():
            out = model.test_step(self.batch(model))
        for sample in out:
            assert sample.pred_semseg.data.shape == (1, *self.size)
            torch.testing.assert_close(
                sample.pred_normals.data.norm(dim=0), torch.ones(self.size))

    def test_state_dict_round_trip(self):
        a, b = self.build().eval(), self.build().eval()
        for p in b.parameters():
            p.data.normal_()
        b.load_state_dict(a.state_dict())
        batch = self.batch(a)
        with torch.no_grad():
            first, second = (
                m.test_step(dict(batch))[0].pred_depth.data for m in (a, b))
        assert torch.equal(first, second)

    def test_mixed_precision(self):
        """Oracle: the loss in fp32."""
        model = self.build().eval()
        exact = self.loss(model).item()
        with torch.autocast('cpu', torch.bfloat16):
            loss = self.loss(model)
        assert loss.item() == pytest.approx(exact, rel=.1)
        loss.backward()


class TestResNet(PairingTester):
    backbone = dict(type='ResNetV1c', depth=18, base_channels=8)
    in_channels = [8, 16, 32, 64]


class TestFPN(TestResNet):
    neck = dict(type='mmdet.FPN', out_channels=16, num_outs=4)
    in_channels = [16, 16, 16, 16]


class TestOneMap(PairingTester):
    """A head takes a single map, too, at any stride."""

    backbone = dict(
        type='ResNetV1c',
        depth=18,
        base_channels=8,
        num_stages=3,
        strides=(1, 2, 2),
        dilations=(1, 1, 1),
        out_indices=(2, ))
    in_channels = [32]


class TestMiT(PairingTester):
    backbone = dict(
        type='MixVisionTransformer',
        embed_dims=8,
        num_layers=[1, 1, 1, 1],
        num_heads=[1, 2, 4, 8],
        mlp_ratio=2)
    in_channels = [8, 16, 32, 64]


class TestSwin(PairingTester):
    backbone = dict(
        type='SwinTransformer',
        embed_dims=8,
        depths=[1, 1, 1, 1],
        num_heads=[1, 2, 4, 8],
        drop_path_rate=0.)
    in_channels = [8, 16, 32, 64]


class TestConvNeXt(PairingTester):
    backbone = dict(
        type='mmpretrain.ConvNeXt',
        arch=dict(depths=[1, 1, 1, 1], channels=[8, 16, 32, 64]),
        out_indices=[0, 1, 2, 3],
        gap_before_final_norm=False)
    in_channels = [8, 16, 32, 64]


class TestPlainViT(PairingTester):
    backbone = dict(
        type='mmpretrain.VisionTransformer',
        arch=dict(
            embed_dims=16,
            num_layers=4,
            num_heads=2,
            feedforward_channels=32),
        img_size=64,
        patch_size=16,
        out_indices=[0, 1, 2, 3],
        out_type='featmap')
    neck = dict(
        type='Feature2Pyramid',
        embed_dim=16,
        rescales=[4, 2, 1, 0.5],
        norm_cfg=dict(type='BN'))
    in_channels = [16, 16, 16, 16]


class TestTimm(PairingTester):
    backbone = dict(
        type='mmpretrain.TIMMBackbone',
        model_name='regnety_002',
        features_only=True,
        pretrained=False,
        out_indices=(1, 2, 3, 4))
    in_channels = [24, 56, 152, 368]

    @pytest.fixture(autouse=True)
    def needs_timm(self):
        pytest.importorskip('timm')
