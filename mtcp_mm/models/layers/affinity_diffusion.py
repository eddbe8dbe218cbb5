# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from ..losses.utils import unit_vectors
from .pixel_attention import pixel_attention
from .task_diffusion import TaskDiffusion


@MODELS.register_module()
class AffinityDiffusion(TaskDiffusion):
    """Spread features along the affinities of all tasks (PAP, CVPR 2019).

    The affinities of a task k are a matrix M_k of all pairs of cells: the
    cosine of their features, and a softmax over each row. The task i spreads
    its features by the mean of these matrices, with learned weights
    softmax_k(a_ik) that start at 1 / T. No matrix is held: M_k h is an
    attention.

    Args:
        tasks (Sequence[str]): Names of the tasks.
        in_channels (int): Channels of every map.
        channels (int): Channels after the reduction.
        beta (float): See :class:`TaskDiffusion`. Defaults to 0.05, of the
            one public version (EMA-Net's).
        iterations (int): How often features are spread. Defaults to 1,
            likewise.
        temperature (float): Divides the cosines, > 0: among thousands of
            cells cosines alone make all affinities nearly equal. Ours.
            Defaults to 0.1.
        **kwargs: ``shrink`` of :class:`TaskDiffusion`.

    Shape:
        - See :class:`TaskDiffusion`.

    Raises:
        ValueError: ``iterations`` below 1, ``temperature`` not above 0; see
            :class:`TaskDiffusion`.
    """

    def __init__(self,
                 tasks: Sequence[str],
                 in_channels: int,
                 channels: int,
                 beta: float = 0.05,
                 iterations: int = 1,
                 temperature: float = 0.1,
                 **kwargs) -> None:
        super().__init__(tasks, in_channels, channels, beta, **kwargs)
        if iterations < 1:
            raise ValueError('`iterations` of AffinityDiffusion must be at '
                             f'least 1, but is {iterations}')
        if not temperature > 0:
            raise ValueError('`temperature` of AffinityDiffusion must be '
                             f'above 0, but is {temperature}')
        self.iterations, self.temperature = iterations, temperature
        #: a_ik: row i mixes for task i, in alphabetical order.
        self.mix = nn.Parameter(torch.zeros(len(tasks), len(tasks)))

    def steps(self, features: Tensor) -> list[Callable[[Tensor], Tensor]]:
        """See :class:`TaskDiffusion`."""
        keys = [unit_vectors(x) for x in features.unbind(1)]
        weights = self.mix.softmax(dim=1)

        def spread(h: Tensor) -> Tensor:
            values = h.flatten(1, 2)  # every task moves along every M_k
            moved = torch.stack([
                pixel_attention(key / self.temperature, key, values)
                for key in keys
            ], dim=1).unflatten(2, h.shape[1:3])
            return torch.einsum('ik,nkichw->nichw', weights, moved)

        return [spread] * self.iterations
