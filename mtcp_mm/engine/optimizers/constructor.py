# Copyright (c) mtcp_mm authors. All rights reserved.
from mmengine.model import is_model_wrapper
from mmengine.optim import DefaultOptimWrapperConstructor, OptimWrapper
from torch import nn

from mtcp_mm.registry import OPTIM_WRAPPER_CONSTRUCTORS


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class MultiTaskOptimWrapperConstructor(DefaultOptimWrapperConstructor):
    """MMEngine's constructor; learned loss weights have no weight decay.

    Decay would pull them to the value that means weight 1/2, whatever the
    losses are. A model without such parameters gets the optimizer that
    MMEngine gives it. ``paramwise_cfg`` can say otherwise for
    ``custom_keys=dict(loss_weighting=...)``.
    """

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Build the wrapper for a model."""
        inner = model.module if is_model_wrapper(model) else model
        weighting = getattr(inner, 'loss_weighting', None)
        if weighting is not None and list(weighting.parameters()):
            keys = self.paramwise_cfg.setdefault('custom_keys', {})
            keys.setdefault('loss_weighting', dict(decay_mult=0.))
        return super().__call__(model)
