# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mtcp_mm.registry import MODELS
from ..losses.utils import unit_vectors
from .task_diffusion import TaskDiffusion


@MODELS.register_module()
class ReconstructedPatternDiffusion(TaskDiffusion):
    """Spread features along local structures of all tasks.

    A reconstruction of pattern-structure diffusion (PSD, CVPR 2020) from its
    abstract: neither its text nor code was at hand, and nothing here but the
    idea is known to be the authors'.

    The structure A_k(p) of a task k at a cell p is a window of affinities:
    the softmax, over the cells of the window that lie inside of the map, of
    the cosine of their features with those of p. Task i spreads its features
    by the mean over all tasks, itself included, of their structures at the
    same place, with the weights softmax_k(<A_i(p), A_k(p)> / temperature):
    how well they match. In every step the window is ``widen`` times as
    wide, with as many cells, so that what has been gathered is gathered from
    ever farther away.

    Args:
        tasks (Sequence[str]): Names of the tasks.
        in_channels (int): Channels of every map.
        channels (int): Channels after the reduction.
        beta (float): See :class:`TaskDiffusion`. Defaults to 0.5.
        window (int): Cells of a window per side, odd, >= 3. Defaults to 3.
        iterations (int): Steps, >= 1. Defaults to 3.
        widen (int): Step i = 0, 1, ... takes windows with gaps of widen**i
            cells. Defaults to 2; 1: the same window in all steps.
        temperature (float): Divides cosines and matches, > 0. Defaults to
            0.1.
        **kwargs: ``shrink`` of :class:`TaskDiffusion`.

    Shape:
        - See :class:`TaskDiffusion`.

    Raises:
        ValueError: An option outside of its range.
    """

    def __init__(self,
                 tasks: Sequence[str],
                 in_channels: int,
                 channels: int,
                 beta: float = 0.5,
                 window: int = 3,
                 iterations: int = 3,
                 widen: int = 2,
                 temperature: float = 0.1,
                 **kwargs) -> None:
        super().__init__(tasks, in_channels, channels, beta, **kwargs)
        if window < 3 or window % 2 == 0:
            raise ValueError('`window` of ReconstructedPatternDiffusion must '
                             f'be odd and at least 3, but is {window}')
        for name, value in dict(iterations=iterations, widen=widen).items():
            if value < 1:
                raise ValueError(f'`{name}` of ReconstructedPatternDiffusion '
                                 f'must be at least 1, but is {value}')
        if not temperature > 0:
            raise ValueError('`temperature` of ReconstructedPatternDiffusion '
                             f'must be above 0, but is {temperature}')
        self.window, self.temperature = window, temperature
        self.gaps = [widen**i for i in range(iterations)]

    def steps(self, features: Tensor) -> list[Callable[[Tensor], Tensor]]:
        """See :class:`TaskDiffusion`."""
        units = unit_vectors(features.flatten(0, 1)).view_as(features)
        return [self._step(units, gap) for gap in self.gaps]

    def _step(self, units: Tensor, gap: int) -> Callable[[Tensor], Tensor]:
        inside = self._windows(torch.ones_like(units[:1, :1, :1]), gap) > 0
        cosine = (units[:, :, :, None] * self._windows(units, gap)).sum(2)
        cosine = cosine.masked_fill(~inside[:, :, 0], -torch.inf)
        structures = (cosine / self.temperature).softmax(dim=2)
        match = torch.einsum('niohw,nkohw->nikhw', structures, structures)
        weights = (match / self.temperature).softmax(dim=2)
        joint = torch.einsum('nikhw,nkohw->niohw', weights, structures)

        def spread(h: Tensor) -> Tensor:
            return (joint[:, :, None] * self._windows(h, gap)).sum(3)

        return spread

    def _windows(self, x: Tensor, gap: int) -> Tensor:
        """Cells around each, (N, T, C, h, w) to (N, T, C, window², h, w);
        0 outside of the map."""
        padding = gap * (self.window // 2)
        found = F.unfold(
            x.flatten(0, 1), self.window, dilation=gap, padding=padding)
        return found.view(*x.shape[:3], self.window**2, *x.shape[3:])
