# Copyright (c) mtcp_mm authors. All rights reserved.
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.attention import SDPBackend, sdpa_kernel

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
        value (Tensor): Shape (N, D, H, W).

    Returns:
        Tensor: Shape (N, D, H, W); pixel i holds
        sum_j softmax_j(<query_i, key_j>) value_j.
    """
    size = value.shape[2:]
    tokens = [x.flatten(2).mT for x in (query, key, value)]
    on_cpu = value.device.type == 'cpu'
    attend = _BlockwiseAttention.apply if on_cpu else _fused_attention
    return attend(*tokens).mT.unflatten(2, size)


def _fused_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    # CUDA kernels ask for multiples of 8 channels; zeros change nothing
    tokens = [
        F.pad(x, (0, -x.shape[-1] % 8)).contiguous().unsqueeze(1)
        for x in (query, key, value)
    ]
    with sdpa_kernel(_FUSED):
        out = F.scaled_dot_product_attention(*tokens, scale=1.)
    return out[:, 0, :, :value.shape[-1]]


class _BlockwiseAttention(torch.autograd.Function):
    """softmax(query key^T) value for (N, HW, C), by blocks of queries.

    The gradient computes the affinities of a block again.
    """

    @staticmethod
    def _blocks(query: Tensor) -> list[slice]:
        batch_size, num_pixels = query.shape[:2]
        rows = min(_BLOCK // (batch_size * num_pixels), num_pixels // 8)
        rows = max(rows, 1)
        return [slice(i, i + rows) for i in range(0, num_pixels, rows)]

    @staticmethod
    def forward(ctx, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        ctx.save_for_backward(query, key, value)
        out = torch.empty_like(value)
        for rows in _BlockwiseAttention._blocks(query):
            affinity = (query[:, rows] @ key.mT).softmax(dim=-1)
            out[:, rows] = affinity @ value
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        query, key, value = ctx.saved_tensors
        grad_query = torch.empty_like(query)
        grad_key, grad_value = torch.zeros_like(key), torch.zeros_like(value)
        for rows in _BlockwiseAttention._blocks(query):
            affinity = (query[:, rows] @ key.mT).softmax(dim=-1)
            grad_value.baddbmm_(affinity.mT, grad[:, rows])
            slope = grad[:, rows] @ value.mT
            mean = (slope * affinity).sum(dim=-1, keepdim=True)
            slope = (slope - mean).mul_(affinity)
            grad_query[:, rows] = slope @ key
            grad_key.baddbmm_(slope.mT, query[:, rows])
        return grad_query, grad_key, grad_value
