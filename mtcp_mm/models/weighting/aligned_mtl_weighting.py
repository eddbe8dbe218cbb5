# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import torch
from torch import Tensor

from mtcp_mm.registry import MODELS
from .gradient_weighting import GradientWeighting


def aligned_weights(gram: Tensor, rank_tolerance: float = 1e-10) -> Tensor:
    """Weights that make the task gradients orthogonal and equally long.

    With G = V diag(l) V^T, the gradients B^T J, B = sqrt(l_min) V
    diag(l)^(-1/2) V^T, are the closest ones that are orthogonal and have the
    length of the weakest direction; their sum is J^T B 1 (Aligned-MTL,
    eq. 9).

    Args:
        gram (Tensor): Inner products of the task gradients, float64 (T, T).
        rank_tolerance (float): Eigenvalues below this share of the largest
            count as zero. Defaults to 1e-10.

    Returns:
        Tensor: Weights of the tasks, float64 (T,); zeros if all gradients
        vanish.
    """
    values, vectors = torch.linalg.eigh(gram)
    kept = values > max(rank_tolerance * values[-1].item(), 0.)
    if not kept.any():
        return torch.zeros_like(values)
    values, vectors = values[kept], vectors[:, kept]
    scale = (values[0] / values).sqrt()  # ascending: the first is l_min
    return vectors @ (scale * vectors.sum(dim=0))


@MODELS.register_module()
class AlignedMTLWeighting(GradientWeighting):
    """Independent component alignment (Senushkin et al., CVPR 2023).

    Task gradients at the output of the encoder are made orthogonal and
    equally long, then added up (the "UB" form of the paper, with minimal
    eigenvalue and equal preferences). See :func:`aligned_weights`.

    Args:
        tasks (Sequence[str]): Names of all tasks.
        rank_tolerance (float): See :func:`aligned_weights`. Defaults to
            1e-10.
        log (bool): Weigh log(1 + L) instead of L. Defaults to False.
    """

    def __init__(self,
                 tasks: Sequence[str],
                 rank_tolerance: float = 1e-10,
                 log: bool = False) -> None:
        super().__init__(tasks, log)
        self.rank_tolerance = rank_tolerance

    def weights_of(self, gram: Tensor) -> Tensor:
        """See :class:`GradientWeighting`."""
        return aligned_weights(gram, self.rank_tolerance)
