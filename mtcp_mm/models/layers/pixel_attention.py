# Copyright (c) mtcp_mm authors. All rights reserved.
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.checkpoint import checkpoint

# The math backend would hold the (HW, HW) matrix: 1.5 GB at 120 x 160.
_FUSED = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION]
# Elements of one block of affinities on the CPU: 16 MB in fp32.
_BLOCK = 2**22


def pixel_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention over all pixel pairs: softmax(query^T key) value.

    The scale is 1, not 1 / sqrt(C) (MT-CP, Fig. 3). No (HW, HW) matrix is
    ever held, forward or backward: a GPU takes a fused kernel, the CPU goes
    through blocks of queries (its fused kernel needs 5 times as long for the
    gradient).

    Args:
        query (Tensor): Shape (N, C, H, W).
        key (Tensor): Shape (N, C, H, W).
        value (Tensor): Shape (N, C, H, W).

    Returns:
        Tensor: Shape (N, C, H, W); pixel i holds
        sum_j softmax_j(<query_i, key_j>) value_j.
    """
    size = value.shape[2:]
    tokens = [x.flatten(2).mT for x in (query, key, value)]
    attend = _blockwise if value.device.type == 'cpu' else _fused
    return attend(*tokens).mT.unflatten(2, size)


def _fused(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    channels = value.shape[-1]
    pad = -channels % 8  # what the CUDA kernels ask for; zeros change nothing
    tokens = [
        F.pad(x, (0, pad)).contiguous().unsqueeze(1)
        for x in (query, key, value)
    ]
    with sdpa_kernel(_FUSED):
        out = F.scaled_dot_product_attention(*tokens, scale=1.)
    return out[:, 0, :, :channels]


def _blockwise(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    batch_size, num_pixels = query.shape[:2]
    rows = min(_BLOCK // (batch_size * num_pixels), num_pixels // 8)
    blocks = query.split(max(rows, 1), dim=1)
    # checkpoint: the gradient computes a block's affinities again
    return torch.cat([
        checkpoint(
            _attend_block,
            block,
            key,
            value,
            use_reentrant=False,
            preserve_rng_state=False) for block in blocks
    ], 1)


def _attend_block(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.mT).softmax(dim=-1) @ value
