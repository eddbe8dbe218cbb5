# Copyright (c) mtcp_mm authors. All rights reserved.
"""Optimizer wrappers that make no step with numbers that are none."""
import torch
from mmengine.dist import all_reduce
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from torch import Tensor

from mtcp_mm.utils.numbers import all_finite


class StepGuard:
    """What is put before a wrapper of MMEngine.

    A step whose losses or gradients are not finite is not made: weights and
    state of the optimizer stay. All ranks decide alike, also where every rank
    has a loss of its own. With accumulated gradients the losses of all
    iterations of the step count. A finite step is untouched, to the bit.

    Attributes:
        stepped (bool, optional): Whether the last iteration made its step;
            None: it only added gradients.
        excused (bool): The step was skipped because mixed precision looks
            for its loss scale, which it has lowered.
        broken (list[Tensor]): Parameters whose gradient was not finite.
    """

    stepped: bool | None = None
    excused = False
    broken: list[Tensor] = []
    _losses: Tensor | float = 0.

    def update_params(self, loss: Tensor, **kwargs) -> None:
        """See :meth:`mmengine.optim.OptimWrapper.update_params`."""
        self.stepped = None
        super().update_params(loss, **kwargs)

    def backward(self, loss: Tensor, **kwargs) -> None:
        """Go back, and remember the loss for :meth:`step`."""
        self._losses = self._losses + loss.detach()
        super().backward(loss, **kwargs)

    def step(self, **kwargs) -> None:
        """Make the step, or skip it."""
        losses, self._losses = torch.as_tensor(self._losses), 0.
        params = [p for group in self.optimizer.param_groups
                  for p in group['params'] if p.grad is not None]
        faults = torch.tensor([
            float(not losses.isfinite()),
            float(not all_finite([p.grad for p in params]))
        ])
        all_reduce(faults, 'max')
        in_loss, in_gradients = faults.tolist()
        self.stepped = not (in_loss or in_gradients)
        self.broken, self.excused = [], False
        if self.stepped:
            super().step(**kwargs)
            return
        self.broken = [p for p in params if not p.grad.isfinite().all()]
        self.excused = not in_loss and self._lower_scale(**kwargs)

    def _lower_scale(self, **kwargs) -> bool:
        """Whether the scale of the loss may be at fault, and is lower now."""
        return False


class GuardedOptimWrapper(StepGuard, OptimWrapper):
    """``OptimWrapper`` that makes no step with NaN or infinity."""


class GuardedAmpOptimWrapper(StepGuard, AmpOptimWrapper):
    """``AmpOptimWrapper`` whose scaler is not taken for a fault.

    Gradients that overflow while the losses are finite are left to the
    scaler, which skips the step and lowers its scale. Once there is nothing
    left to lower (the scale is 1, or does not move), it is a fault.
    """

    def _lower_scale(self, **kwargs) -> bool:
        """See :class:`StepGuard`."""
        mendable = (self._scale_update_param is None
                    and self.loss_scaler.get_scale() > 1)
        AmpOptimWrapper.step(self, **kwargs)
        return mendable


#: Wrapper of MMEngine to the one that stands in for it.
GUARDED = {
    OptimWrapper: GuardedOptimWrapper,
    AmpOptimWrapper: GuardedAmpOptimWrapper
}
