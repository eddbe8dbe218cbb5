# Copyright (c) mtcp_mm authors. All rights reserved.
import inspect
import logging
from collections.abc import Mapping

from mmengine.logging import print_log
from mmengine.optim import DefaultOptimWrapperConstructor, OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS
from torch import nn

from mtcp_mm.checkpoints.whole import unwrapped
from mtcp_mm.registry import OPTIM_WRAPPER_CONSTRUCTORS
from mtcp_mm.utils.errors import UsageError, refuse_unknown
from .step_guard import GUARDED

#: What ``DefaultOptimWrapperConstructor`` documents.
PARAMWISE = ('custom_keys', 'bias_lr_mult', 'bias_decay_mult',
             'norm_decay_mult', 'flat_decay_mult', 'dwconv_decay_mult',
             'dcn_offset_lr_mult', 'bypass_duplicate')


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class MultiTaskOptimWrapperConstructor(DefaultOptimWrapperConstructor):
    """MMEngine's constructor, with a guard and without harmful decay.

    ``OptimWrapper`` and ``AmpOptimWrapper`` make no step with numbers that
    are not finite, see :class:`StepGuard`.

    Learned loss weights have no weight decay. It would pull them to the value
    that means weight 1/2, whatever the losses are; ``paramwise_cfg`` can say
    otherwise for
    ``custom_keys=dict(loss_weighting=...)``.
    """

    def __call__(self, model: nn.Module) -> OptimWrapper:
        """Build the wrapper for a model."""
        weighting = getattr(unwrapped(model), 'loss_weighting', None)
        if weighting is not None and list(weighting.parameters()):
            keys = self.paramwise_cfg.setdefault('custom_keys', {})
            keys.setdefault('loss_weighting', dict(decay_mult=0.))
        check_clip_grad(self.optim_wrapper_cfg.get('clip_grad') or {})
        kind = self.optim_wrapper_cfg.get('type', 'OptimWrapper')
        kind = OPTIM_WRAPPERS.get(kind) if isinstance(kind, str) else kind
        if kind in GUARDED:
            self.optim_wrapper_cfg['type'] = GUARDED[kind]
        elif kind not in GUARDED.values():
            print_log(
                f'{getattr(kind, "__name__", kind)} makes steps with losses '
                'and gradients that are not finite, too: only '
                f'{" and ".join(k.__name__ for k in GUARDED)} are guarded.',
                logger='current',
                level=logging.WARNING)
        return super().__call__(model)


def check_clip_grad(cfg: Mapping) -> None:
    """Refuse what torch would stumble over at the first step, or obey.

    Args:
        cfg (Mapping): ``optim_wrapper.clip_grad``.

    Raises:
        UsageError: An unknown key, or a limit that is not above 0.
    """
    functions = dict(norm=(nn.utils.clip_grad_norm_, 'max_norm'),
                     value=(nn.utils.clip_grad_value_, 'clip_value'))
    kind = cfg.get('type', 'norm')
    if not cfg or kind not in functions:
        return  # nothing is clipped, or mmengine says it
    function, limit = functions[kind]
    known = ['type', *inspect.signature(function).parameters]
    known.remove('parameters')
    refuse_unknown('optim_wrapper.clip_grad', cfg, known)
    value = cfg.get(limit)
    if not isinstance(value, (int, float)) or not value > 0:
        raise UsageError(f'`optim_wrapper.clip_grad.{limit}` must be a number '
                         f'above 0, but is {value!r}')


def check_paramwise(cfg: Mapping) -> None:
    """Refuse what neither MMEngine's constructor nor ours reads.

    Args:
        cfg (Mapping): ``optim_wrapper`` of a config, with its constructor.
            Others may read further keys.

    Raises:
        UsageError: Names a key of ``paramwise_cfg``.
    """
    if str(cfg['constructor']).rpartition('.')[-1] in (
            'DefaultOptimWrapperConstructor',
            MultiTaskOptimWrapperConstructor.__name__):
        refuse_unknown('optim_wrapper.paramwise_cfg',
                       cfg.get('paramwise_cfg') or (), PARAMWISE)
