# Copyright (c) mtcp_mm authors. All rights reserved.
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.checkpoints.hf import architecture, convert_mask2former

FIXTURE = Path(__file__).parents[1] / 'fixtures' / 'mask2former_hf'
BLOCK = 'model.pixel_level_module.encoder.encoder.layers.1.blocks.1.'


@pytest.fixture(scope='module')
def tensors():
    return load_file(FIXTURE / 'model.safetensors')


class TestConvert:
    """Oracle: tensors of the file, moved by hand. That the outcome computes
    the same is tested with the tool (test_mask2former_hf2mmseg.py)."""

    def test_every_tensor_is_used_or_ignored(self, tensors):
        state, ignored = convert_mask2former(tensors)
        assert ignored == {
            'criterion.empty_weight': 'class weights of the loss'
        }
        total = sum(v.numel() for v in state.values())
        assert total == sum(
            v.numel() for k, v in tensors.items() if k not in ignored)
        floats = [v for v in state.values() if v.is_floating_point()]
        assert all(v.dtype == torch.float32 for v in floats)

    def test_query_key_value(self, tensors):
        state, _ = convert_mask2former(tensors)
        qkv = state['backbone.stages.1.blocks.1.attn.w_msa.qkv.weight']
        for i, name in enumerate(('query', 'key', 'value')):
            expected = tensors[f'{BLOCK}attention.self.{name}.weight']
            assert torch.equal(qkv[8 * i:8 * i + 8], expected.float())

    def test_patch_merging(self, tensors):
        """By hand: input c * 4 + 2 * row + column here is input
        (2 * column + row) * C + c there."""
        state, _ = convert_mask2former(tensors)
        there = 'model.pixel_level_module.encoder.encoder.layers.0.downsample.'
        here = 'backbone.stages.0.downsample.'
        for name in ('reduction.weight', 'norm.weight', 'norm.bias'):
            old = tensors[there + name].float()
            for c in range(4):
                for row in range(2):
                    for column in range(2):
                        assert torch.equal(
                            state[here + name][..., c * 4 + 2 * row + column],
                            old[..., (2 * column + row) * 4 + c])

    def test_part_of_a_triple_is_missing(self, tensors):
        key = f'{BLOCK}attention.self.key.bias'
        with pytest.raises(
                CheckpointError,
                match='stages.1.blocks.1.attn.w_msa.qkv.bias` needs query, '
                'key and value, but the file has only query and value'):
            convert_mask2former({k: v for k, v in tensors.items() if k != key})

    @pytest.mark.parametrize('key, says', [
        ('model.extra.weight', r'1 of 321 keys .*model.extra.weight'),
        ('model.pixel_level_module.decoder.fpn.stem.0.weight', 'MaskFormer'),
        ('backbone.norm0.weight', 'names of mmseg already'),
        ('model.pixel_level_module.decoder.adapter_2.0.weight', 'adapter_2')
    ])
    def test_unknown_keys(self, tensors, key, says):
        with pytest.raises(CheckpointError, match=f'(?s){says}'):
            convert_mask2former({**tensors, key: torch.ones(1)})


# From config.json of facebook/mask2former-swin-*-ade-semantic: embed_dim,
# depths, num_heads, window_size.
PUBLISHED = dict(
    tiny=(96, [2, 2, 6, 2], [3, 6, 12, 24], 7),
    small=(96, [2, 2, 18, 2], [3, 6, 12, 24], 7),
    base=(128, [2, 2, 18, 2], [4, 8, 16, 32], 12),
    large=(192, [2, 2, 18, 2], [6, 12, 24, 48], 12))


@pytest.mark.parametrize('size', PUBLISHED)
def test_architecture_of_published_sizes(size):
    """Oracle: the settings that the shapes were made from."""
    dims, depths, heads, window = PUBLISHED[size]
    pixel = 'decode_head.pixel_decoder.'
    decoder = 'decode_head.transformer_decoder.layers.'
    shapes = {
        'backbone.patch_embed.projection.weight': (dims, 3, 4, 4),
        f'{pixel}mask_feature.weight': (256, 256, 1, 1),
        'decode_head.query_feat.weight': (100, 256),
        **{
            f'backbone.stages.{s}.blocks.{b}.attn.w_msa.'
            'relative_position_bias_table':
            ((2 * window - 1)**2, heads[s])
            for s in range(4)
            for b in range(depths[s])
        },
        **{
            f'{pixel}encoder.layers.{i}.{k}.bias': (n, )
            for i in range(6)
            for k, n in {
                'self_attn.sampling_offsets': 192,
                'ffn.layers.0.0': 1024
            }.items()
        },
        **{f'{decoder}{i}.ffn.layers.0.0.bias': (2048, )
           for i in range(9)}
    }
    state = {k: torch.empty(v, device='meta') for k, v in shapes.items()}
    assert architecture(state) == dict(
        backbone=dict(
            type='SwinTransformer',
            embed_dims=dims,
            depths=depths,
            num_heads=heads,
            window_size=window),
        neck=dict(
            type='mtcp_mm.Mask2FormerNeck',
            in_channels=[dims, 2 * dims, 4 * dims, 8 * dims],
            channels=256,
            num_queries=100,
            num_encoder_layers=6,
            num_decoder_layers=9,
            num_heads=8,
            encoder_ffn_channels=1024,
            decoder_ffn_channels=2048,
            enforce_decoder_input_project=False))
    state.pop(f'{pixel}mask_feature.weight')
    with pytest.raises(CheckpointError, match='incomplete.*mask_feature'):
        architecture(state)
