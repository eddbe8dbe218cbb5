# Copyright (c) mtcp_mm authors. All rights reserved.
"""Hugging Face's Mask2Former with Swin, under the names of mmseg.

Only tensors are touched; transformers is not needed. What differs beside the
names:

- query, key and value of an attention are three layers there, one here;
- patch merging lists the four neighbours column by column there, with the
  channels of each together; here ``nn.Unfold`` lists them row by row, with
  the neighbours of each channel together;
- the level embedding of the pixel decoder is a bare parameter there.

Equal are the order of levels (coarsest first), of sampling offsets and of
relative positions, epsilon and groups of the norms, GELU and ReLU, and the
padding of windows and of odd maps (right and below).
"""
import re
from collections.abc import Mapping
from math import isqrt

import torch
from torch import Tensor

from .compare import CheckpointError

# Module there, module here; `*` is a number. Parameters keep their names.
# A digit at the end: that part of a joint layer. Indented: below the line
# above that ends in a dot.
MODULES = """
model.pixel_level_module.encoder. backbone.
    embeddings.patch_embeddings.projection patch_embed.projection
    embeddings.norm patch_embed.norm
    encoder.layers.*.downsample.norm stages.*.downsample.norm
    encoder.layers.*.downsample.reduction stages.*.downsample.reduction
    hidden_states_norms.stage1 norm0
    hidden_states_norms.stage2 norm1
    hidden_states_norms.stage3 norm2
    hidden_states_norms.stage4 norm3
model.pixel_level_module.encoder.encoder.layers.*.blocks.*. \
backbone.stages.*.blocks.*.
    layernorm_before norm1
    layernorm_after norm2
    attention.self attn.w_msa
    attention.self.query attn.w_msa.qkv 0
    attention.self.key attn.w_msa.qkv 1
    attention.self.value attn.w_msa.qkv 2
    attention.output.dense attn.w_msa.proj
    intermediate.dense ffn.layers.0.0
    output.dense ffn.layers.1
model.pixel_level_module.decoder. decode_head.pixel_decoder.
    input_projections.*.0 input_convs.*.conv
    input_projections.*.1 input_convs.*.gn
    adapter_1.0 lateral_convs.0.conv
    adapter_1.1 lateral_convs.0.gn
    layer_1.0 output_convs.0.conv
    layer_1.1 output_convs.0.gn
    mask_projection mask_feature
model.pixel_level_module.decoder.encoder.layers.*. \
decode_head.pixel_decoder.encoder.layers.*.
    self_attn.sampling_offsets self_attn.sampling_offsets
    self_attn.attention_weights self_attn.attention_weights
    self_attn.value_proj self_attn.value_proj
    self_attn.output_proj self_attn.output_proj
    self_attn_layer_norm norms.0
    fc1 ffn.layers.0.0
    fc2 ffn.layers.1
    final_layer_norm norms.1
model.transformer_module. decode_head.
    queries_embedder query_embed
    queries_features query_feat
    level_embed level_embed
    input_projections.* decoder_input_projs.*
    decoder.layernorm transformer_decoder.post_norm
    decoder.mask_predictor.mask_embedder.0.0 mask_embed.0
    decoder.mask_predictor.mask_embedder.1.0 mask_embed.2
    decoder.mask_predictor.mask_embedder.2.0 mask_embed.4
model.transformer_module.decoder.layers.*. \
decode_head.transformer_decoder.layers.*.
    cross_attn cross_attn.attn
    cross_attn.out_proj cross_attn.attn.out_proj
    self_attn.q_proj self_attn.attn.in_proj_ 0
    self_attn.k_proj self_attn.attn.in_proj_ 1
    self_attn.v_proj self_attn.attn.in_proj_ 2
    self_attn.out_proj self_attn.attn.out_proj
    cross_attn_layer_norm norms.0
    self_attn_layer_norm norms.1
    fc1 ffn.layers.0.0
    fc2 ffn.layers.1
    final_layer_norm norms.2
class_predictor decode_head.cls_embed
"""
PARAMETERS = {  # whole names
    'model.pixel_level_module.decoder.level_embed':
    'decode_head.pixel_decoder.level_encoding.weight'
}
IGNORED = (
    (r'criterion\.empty_weight', 'class weights of the loss'),
    (r'model\.pixel_level_module\.encoder\.layernorm\.(weight|bias)',
     'last norm of the classifier Swin, not used'),
)
# transformers 5 renamed modules of Swin in memory. Its files keep the names
# above, unless somebody saved a `state_dict()`.
_RENAMED_IN_5 = (
    (r'\.encoder\.swin\.', '.encoder.'),
    (r'\.attention\.relative_position_bias\.', '.attention.self.'),
    (r'(blocks\.\d+\.attention)\.q_proj\.', r'\1.self.query.'),
    (r'(blocks\.\d+\.attention)\.k_proj\.', r'\1.self.key.'),
    (r'(blocks\.\d+\.attention)\.v_proj\.', r'\1.self.value.'),
    (r'(blocks\.\d+\.attention)\.o_proj\.', r'\1.output.dense.'),
    (r'(blocks\.\d+)\.mlp\.fc1\.', r'\1.intermediate.dense.'),
    (r'(blocks\.\d+)\.mlp\.fc2\.', r'\1.output.dense.'),
)


def _rules() -> list[tuple[re.Pattern, str, int | None]]:
    """Lines of :data:`MODULES`: pattern there, name here, part."""
    rules, base = [], ('', '')
    for line in MODULES.strip().splitlines():
        there, here, *part = line.split()
        if there.endswith('.'):
            base = there, here
            continue
        if line.startswith(' '):
            there, here = base[0] + there, base[1] + here
        pattern = re.compile(re.escape(there).replace(r'\*', r'(\d+)'))
        rules.append((pattern, here, int(part[0]) if part else None))
    return rules


_RULES = _rules()


def _place(key: str) -> tuple[str, int | None] | None:
    """Name here, and which part of a joint layer; None: no such name."""
    if key in PARAMETERS:
        return PARAMETERS[key], None
    module, _, parameter = key.rpartition('.')
    for there, here, part in _RULES:
        if match := there.fullmatch(module):
            for number in match.groups():
                here = here.replace('*', number, 1)
            dot = '' if here.endswith('_') else '.'
            return f'{here}{dot}{parameter}', part
    return None


def _order_as_unfold(merged: Tensor) -> Tensor:
    """Inputs of a patch merging, last dimension 4C, in the order of mmseg."""
    neighbours = merged.unflatten(-1, (4, -1))[..., [0, 2, 1, 3], :]
    return neighbours.transpose(-1, -2).flatten(-2)


def convert_mask2former(
    tensors: Mapping[str, Tensor]
) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Rename, join and reorder the tensors of a checkpoint.

    Args:
        tensors (Mapping[str, Tensor]): By the names of
            ``Mask2FormerForUniversalSegmentation`` or, without the class
            head, ``Mask2FormerModel``.

    Returns:
        tuple: Tensors by the names of mmseg's EncoderDecoder (``backbone.*``,
        ``decode_head.*``), floats as float32; keys that were ignored, with
        the reason.

    Raises:
        CheckpointError: It is something else, holds keys without a place
            here, or part of a query-key-value triple only.
    """
    state, joint, ignored, unknown = {}, {}, {}, []
    for name, tensor in tensors.items():
        key = name
        for pattern, new in _RENAMED_IN_5:
            key = re.sub(pattern, new, key)
        if key.startswith(('pixel_level_module.', 'transformer_module.')):
            key = f'model.{key}'
        reason = next(
            (r for pattern, r in IGNORED if re.fullmatch(pattern, key)), None)
        if reason:
            ignored[name] = reason
            continue
        place = _place(key)
        if place is None:
            unknown.append(name)
            continue
        if tensor.is_floating_point():
            tensor = tensor.float()
        here, part = place
        if '.downsample.' in here:
            tensor = _order_as_unfold(tensor)
        if part is None:
            state[here] = tensor.contiguous()
        else:
            joint.setdefault(here, {})[part] = tensor
    if unknown:
        raise CheckpointError(_unknown_text(unknown, len(tensors)))
    for here, parts in joint.items():
        if len(parts) < 3:
            have = [('query', 'key', 'value')[i] for i in sorted(parts)]
            raise CheckpointError(
                f'`{here}` needs query, key and value, but the file has only '
                f'{" and ".join(have)}: it is incomplete, get it again')
        state[here] = torch.cat([parts[i] for i in range(3)])
    return state, ignored


def _unknown_text(unknown: list[str], total: int) -> str:
    text = (f'{len(unknown)} of {total} keys have no place in a Mask2Former '
            f'with Swin: {", ".join(unknown[:12])}'
            f'{", ..." if len(unknown) > 12 else ""}.\nExpected: a checkpoint '
            'facebook/mask2former-swin-*')
    if any('.decoder.fpn.' in k or '.detr_decoder.' in k for k in unknown):
        return f'{text}. This one is MaskFormer, its predecessor.'
    if any(k.startswith(('backbone.', 'decode_head.')) for k in unknown):
        return f'{text}. This one has the names of mmseg already.'
    return f'{text}.'


def architecture(state: Mapping[str, Tensor]) -> dict[str, dict]:
    """Read the settings of a model from the shapes of its tensors.

    Args:
        state (Mapping[str, Tensor]): From :func:`convert_mask2former`.

    Returns:
        dict[str, dict]: ``backbone`` for mmseg's SwinTransformer and ``neck``
        for Mask2FormerNeck, as in a config, without ``init_cfg``.

    Raises:
        CheckpointError: A key to read from is missing.
    """

    def count(pattern: str) -> int:
        numbers = [re.match(pattern, k) for k in state]
        return max((int(m[1]) + 1 for m in numbers if m), default=0)

    stages = count(r'backbone\.stages\.(\d+)\.')
    block, pixel = 'backbone.stages.{}.blocks.0.', 'decode_head.pixel_decoder.'
    table = 'attn.w_msa.relative_position_bias_table'
    try:
        channels = state[pixel + 'mask_feature.weight'].shape[0]
        embed_dims = state['backbone.patch_embed.projection.weight'].shape[0]
        offsets = state[f'{pixel}encoder.layers.0.self_attn.'
                        'sampling_offsets.bias']
        swin = dict(
            type='SwinTransformer',
            embed_dims=embed_dims,
            depths=[
                count(rf'backbone\.stages\.{i}\.blocks\.(\d+)\.')
                for i in range(stages)
            ],
            num_heads=[
                state[block.format(i) + table].shape[1] for i in range(stages)
            ],
            window_size=(isqrt(len(state[block.format(0) + table])) + 1) // 2)
        neck = dict(
            type='mtcp_mm.Mask2FormerNeck',
            in_channels=[embed_dims * 2**i for i in range(stages)],
            channels=channels,
            num_queries=len(state['decode_head.query_feat.weight']),
            num_encoder_layers=count(
                rf'{re.escape(pixel)}encoder\.layers\.(\d+)\.'),
            num_decoder_layers=count(
                r'decode_head\.transformer_decoder\.layers\.(\d+)\.'),
            # 3 levels x 4 points x (x, y)
            num_heads=len(offsets) // 24,
            encoder_ffn_channels=len(
                state[f'{pixel}encoder.layers.0.ffn.layers.0.0.bias']),
            decoder_ffn_channels=len(
                state['decode_head.transformer_decoder.layers.0.'
                      'ffn.layers.0.0.bias']),
            enforce_decoder_input_project=(
                'decode_head.decoder_input_projs.0.weight' in state))
    except KeyError as error:
        raise CheckpointError(
            f'the file is incomplete: nothing became {error}') from None
    return dict(backbone=swin, neck=neck)
