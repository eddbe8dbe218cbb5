# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
from mmseg.models.backbones import SwinTransformer
from torch import nn

from mtcp_mm.checkpoints.compare import (
    CheckpointError,
    best_match,
    compare,
    find_unequal,
    resize_bias_table,
    tensors_of,
)


class Net(nn.Module):

    def __init__(self, blocks=2, width=3, bias=True):
        super().__init__()
        self.stem = nn.Linear(2, width, bias=bias)
        self.blocks = nn.ModuleList(
            nn.BatchNorm1d(width) for _ in range(blocks))


def tensors(net, prefix=''):
    return {prefix + k: v for k, v in net.state_dict().items()}


class TestTensorsOf:
    """Oracle: the tensors that were put in."""

    @pytest.mark.parametrize('wrap', [
        lambda s: s, lambda s: dict(state_dict=s, meta=dict(epoch=1)),
        lambda s: dict(model=s),
        lambda s: dict(state_dict={f'module.{k}': v
                                   for k, v in s.items()})
    ])
    def test_containers(self, wrap):
        state = dict(a=torch.ones(1), b=torch.zeros(2))
        assert tensors_of(wrap({**state, 'note': 3})) == state

    @pytest.mark.parametrize('content, found', [
        (dict(epoch=3, lr=.1), 'dict with epoch, lr'), ([1, 2], 'a list'),
        (dict(state_dict={}), 'dict with state_dict')
    ])
    def test_without_weights(self, content, found):
        with pytest.raises(CheckpointError, match=f'no weights.*{found}'):
            tensors_of(content)


class TestCompare:
    """Oracle: keys listed by hand."""

    def test_complete(self):
        net = Net(blocks=1)
        found = compare(tensors(net, 'b.') | {'head.w': torch.ones(1)}, net,
                        'b.')
        assert found.fits
        assert found.used['stem.weight'] == 'b.stem.weight'
        assert sorted(found.used) == [
            'blocks.0.bias', 'blocks.0.num_batches_tracked',
            'blocks.0.running_mean', 'blocks.0.running_var',
            'blocks.0.weight', 'stem.bias', 'stem.weight'
        ]
        assert not found.ignored  # outside of the prefix: not its business

    def test_missing_and_left_over(self):
        found = compare(tensors(Net(blocks=1)), Net(blocks=2))
        assert found.missing == [
            'blocks.1.weight', 'blocks.1.bias', 'blocks.1.running_mean',
            'blocks.1.running_var'
        ]
        found = compare(tensors(Net(blocks=3)), Net(blocks=2))
        assert not found.fits and not found.missing
        assert found.left_over == [
            'blocks.2.weight', 'blocks.2.bias', 'blocks.2.running_mean',
            'blocks.2.running_var'
        ]
        found = compare(tensors(Net()), Net(bias=False))
        assert found.left_over == ['stem.bias']

    def test_wrong_shape(self):
        found = compare(tensors(Net(blocks=0, width=4)), Net(blocks=0))
        assert found.wrong_shape == {
            'stem.weight': ((4, 2), (3, 2)),
            'stem.bias': ((4, ), (3, ))
        }
        assert not found.fits

    def test_ignored_with_reason(self):
        state = tensors(Net()) | {
            k: torch.ones(1)
            for k in ('fc.weight', 'cls_embed.bias', 'blocks.0.attn_mask',
                      'mask_token')
        }
        found = compare(state, Net())
        assert found.fits
        assert found.ignored == {
            'fc.weight': 'classifier of the pre-training',
            'cls_embed.bias': 'classifier, not part of the neck',
            'blocks.0.attn_mask': 'computed by the model',
            'mask_token': 'Net has no `mask_token`'
        }

    def test_computed_values_may_be_missing(self):
        """A file of torchvision 0.2 has no counters of batches."""
        state = {
            k: v
            for k, v in tensors(Net()).items()
            if not k.endswith('num_batches_tracked')
        }
        assert compare(state, Net()).fits

    def test_nothing_in_common_does_not_fit(self):
        assert not compare(dict(a=torch.ones(1)), nn.ReLU()).fits

    def test_what_may_differ(self):
        found = compare(
            tensors(Net(blocks=1, width=3)), Net(blocks=2),
            may_differ=lambda key: key.startswith('blocks.1'))
        assert found.fits and len(found.allowed) == 4

    @pytest.mark.parametrize('prefix', ['', 'backbone.', 'a.b.'])
    def test_best_match_finds_prefix(self, prefix):
        state = tensors(Net(), prefix) | tensors(Net(blocks=1), 'other.')
        found = best_match(state, Net(), ('other.', 'a.b.', '', 'backbone.'),
                           lambda key: False)
        assert found.prefix == prefix and found.fits


class TestResizeBiasTable:
    """Oracle: what mmseg's Swin makes of the same table."""

    @pytest.mark.parametrize('window', [3, 7])
    def test_as_mmseg(self, window, tmp_path):
        settings = dict(embed_dims=4, depths=[1], num_heads=[2], strides=(4,),
                        out_indices=(0, ))
        old = SwinTransformer(window_size=5, **settings)
        key = 'stages.0.blocks.0.attn.w_msa.relative_position_bias_table'
        old.state_dict()[key].normal_()
        # mmseg cannot resize while the index of the positions is there
        torch.save(
            {k: v for k, v in old.state_dict().items() if 'index' not in k},
            tmp_path / 'old.pth')
        new = SwinTransformer(
            window_size=window, **settings,
            init_cfg=dict(
                type='Pretrained', checkpoint=str(tmp_path / 'old.pth')))
        new.init_weights()
        resized = resize_bias_table(old.state_dict()[key],
                                    (2 * window - 1)**2)
        assert torch.equal(resized, new.state_dict()[key])


def test_find_unequal():
    """Oracle: the one number that was changed. NaN is equal to NaN."""
    net = Net()
    net.stem.bias.data[0] = float('nan')
    values = {k: v.clone() for k, v in net.state_dict().items()}
    assert find_unequal(net, values) == []
    values['blocks.1.running_var'][2] += 1
    assert find_unequal(net, values) == ['blocks.1.running_var']
