# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: products by hand."""
import pytest
import torch
import torch.nn.functional as F
from mmcv.ops import MultiScaleDeformableAttention
from mmengine.config import Config
from torch import nn

from mtcp_mm.models.layers import pixel_attention
from mtcp_mm.report.complexity import (
    count_flops,
    count_parameters,
    describe_device,
    human,
    input_shape,
    time_forward,
)
from mtcp_mm.utils.errors import UsageError


class Net(nn.Module):

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.depthwise = nn.Conv2d(8, 8, 5, padding=2, groups=8, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 4)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.relu(self.norm(self.depthwise(self.stem(x))))
        return self.head(x.permute(0, 2, 3, 1))


def run(function):
    """FLOPs of a function without parameters."""
    module = nn.Module()
    module.forward = function
    return count_flops(module)['total']


class TestCountFlops:

    def test_conv_net(self):
        flops = count_flops(Net().eval(), torch.randn(2, 3, 10, 14))
        pixels = 2 * 5 * 7
        expected = dict(
            stem=2 * pixels * 8 * 3 * 3 * 3,
            depthwise=2 * pixels * 8 * 5 * 5,
            head=2 * pixels * 8 * 4)
        assert flops == dict(total=sum(expected.values()), **expected)

    def test_attention_of_two_kinds(self):
        query, key, value = (torch.randn(2, 4, n, 16) for n in (6, 10, 10))
        expected = 2 * 2 * (2 * 4) * 6 * 10 * 16  # q k^T, then times v
        assert run(lambda: F.scaled_dot_product_attention(
            query, key, value)) == expected
        layer = nn.MultiheadAttention(32, 4, batch_first=True).eval()
        x = torch.randn(2, 6, 32)
        expected = 4 * 2 * 12 * 32 * 32 + 2 * 2 * 2 * 4 * 6 * 6 * 8
        assert count_flops(layer, x, x, x)['total'] == expected

    def test_blockwise_attention_of_cfm(self):
        x = torch.randn(1, 8, 6, 7)
        assert run(lambda: pixel_attention(x, x, x)) == 2 * 2 * 42 * 42 * 8

    def test_bilinear_sampling(self):
        value, grid = torch.randn(2, 6, 5, 5), torch.rand(2, 3, 4, 2)
        # 4 corners: weigh and add, for each channel of each point
        assert run(lambda: F.grid_sample(
            value, grid, align_corners=False)) == 2 * 4 * (2 * 3 * 4) * 6

    def test_deformable_attention(self):
        layer = MultiScaleDeformableAttention(
            16, num_heads=2, num_levels=1, num_points=4, batch_first=True)
        query, value = torch.randn(1, 5, 16), torch.randn(1, 12, 16)
        inputs = dict(
            reference_points=torch.rand(1, 5, 1, 2),
            spatial_shapes=torch.tensor([[3, 4]]),
            level_start_index=torch.tensor([0]))
        flops = count_flops(layer.eval(), query, value=value, **inputs)
        offsets, weights = 2 * 5 * 16 * (2 * 4 * 2), 2 * 5 * 16 * (2 * 4)
        projections = 2 * 12 * 16 * 16 + 2 * 5 * 16 * 16
        sampling = 8 * (5 * 2 * 4) * 8
        assert flops['total'] == offsets + weights + projections + sampling

    def test_leaves_the_model_as_it_was(self):
        model = Net()
        model.stem.weight.requires_grad_(False)
        before = torch.backends.mha.get_fastpath_enabled()
        count_flops(model, torch.randn(1, 3, 8, 8))
        assert [p.requires_grad for p in model.parameters()
                ] == [False] + [True] * (len(list(model.parameters())) - 1)
        assert torch.backends.mha.get_fastpath_enabled() == before
        assert model.training


def test_parameters():
    model = Net()
    model.head.weight = model.depthwise.weight  # shared
    model.stem.bias.requires_grad_(False)
    assert count_parameters(model) == dict(
        total=dict(all=224 + 200 + 16 + 4, trainable=216 + 200 + 16 + 4),
        stem=dict(all=224, trainable=216),
        depthwise=dict(all=200, trainable=200),
        norm=dict(all=16, trainable=16),
        head=dict(all=204, trainable=204))


class TestInputShape:

    def config(self, pipeline=(), **padding):
        return Config(
            dict(
                model=dict(data_preprocessor=padding),
                test_dataloader=dict(dataset=dict(pipeline=list(pipeline)))))

    def test_resize_is_padded(self):
        pipeline = [dict(type='mmseg.Resize', scale=(100, 70))]
        assert input_shape(self.config(pipeline)) == (70, 100)
        cfg = self.config(pipeline, test_cfg=dict(size_divisor=32))
        assert input_shape(cfg) == (96, 128)

    def test_size_of_the_padding_wins(self):
        pipeline = [dict(type='Resize', scale=(100, 70))]
        assert input_shape(self.config(pipeline, size=(72, 104))) == (72, 104)

    def test_unknown(self):
        with pytest.raises(UsageError, match='Say it with --shape H W'):
            input_shape(self.config())


def test_time_counts_calls():
    calls = []
    seconds = time_forward(lambda: calls.append(0), repeat=3)
    assert len(calls) == 4 and 0 <= seconds < 1
    assert describe_device('cpu').startswith('cpu, ')


def test_human():
    assert [human(n) for n in (0, 999, 1234, 8.05e7, 4e9, 2.5e12)
            ] == ['0', '999', '1.23 k', '80.5 M', '4 G', '2.5 T']
