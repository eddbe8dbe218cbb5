# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import TaskLosses
from .base import LossWeighting


@MODELS.register_module()
class UncertaintyWeighting(LossWeighting):
    """Weights learned as task uncertainty (Kendall et al., CVPR 2018).

    The total is ``sum_t 1/2 exp(-s_t) L_t + 1/2 s_t``, the form that LibMTL,
    TorchJD and the code of Nash-MTL have for every task. ``s_t``, the log of
    the variance, is a parameter of the model: it is trained, and in the
    checkpoint, but not in a published model.

    ``optim_wrapper.constructor='mtcp_mm.MultiTaskOptimWrapperConstructor'``
    (in the schedules of this project) keeps it free of weight decay.

    Args:
        tasks (Sequence[str]): Names of all tasks.
        init (float): First value of s_t. Defaults to 0: all weights 1/2.
        log (bool): Weigh log(1 + L) instead of L. Defaults to False.
    """

    def __init__(self,
                 tasks: Sequence[str],
                 init: float = 0.,
                 log: bool = False) -> None:
        super().__init__(tasks, log)
        # by name: mmengine sorts the tasks of a config that it dumps
        self.log_variances = nn.ParameterDict({
            task: nn.Parameter(torch.tensor(float(init)))
            for task in self.tasks
        })

    @property
    def weights(self) -> dict[str, float]:
        """dict[str, float]: 1/2 exp(-s_t) of each task."""
        return {
            task: (-self.log_variances[task].detach()).exp().item() / 2
            for task in self.tasks
        }

    @property
    def step_weights(self) -> dict[str, float]:
        """See :class:`LossWeighting`."""
        return self.weights

    def forward(self,
                losses: TaskLosses,
                features: Sequence[Tensor] = ()) -> Tensor:
        """See :class:`LossWeighting`."""
        total = 0.
        for task, term in self.terms(losses).items():
            s = self.log_variances[task]
            total = total + (torch.exp(-s) * term + s) / 2
        return total
