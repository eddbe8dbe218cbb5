# Copyright (c) mtcp_mm authors. All rights reserved.
"""Does the state of a training fit? Asked before any of it is loaded."""
from collections.abc import Mapping
from typing import Any

from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch import nn

from .compare import CheckpointError
from .whole import unwrapped

#: What a run needs to go on, as mmengine saves it.
STATE = ('meta', 'message_hub', 'optimizer')
# Of the parameter's shape, in SGD and the Adam family. Fused kernels trust
# that: another shape is written past its end. Others (Adafactor) differ.
MOMENTS = ('exp_avg', 'exp_avg_sq', 'max_exp_avg_sq', 'momentum_buffer')


def check_resumable(checkpoint: Mapping[str, Any],
                    optim_wrapper: OptimWrapper | OptimWrapperDict,
                    model: nn.Module, name: str) -> None:
    """Check what a run needs beside the weights.

    Args:
        checkpoint (Mapping): All that the file holds.
        optim_wrapper (OptimWrapper | OptimWrapperDict): Of the new run.
        model (nn.Module): Its model, to name parameters.
        name (str): The file, for the message.

    Raises:
        CheckpointError: Something is missing, as in a published file, or the
            optimizer had other parameters.
    """
    if lacking := [key for key in STATE if key not in checkpoint]:
        raise CheckpointError(
            f'{name}\nholds weights, but lacks {", ".join(lacking)}: it was '
            'published, or saved with save_optimizer=False, and cannot be '
            'resumed.\nTo mend it: start anew from its weights with '
            '`load_from`, without --resume.')
    names = {id(p): key for key, p in unwrapped(model).named_parameters()}
    state, wrappers = checkpoint['optimizer'], {'': optim_wrapper}
    if isinstance(optim_wrapper, OptimWrapperDict):
        wrappers = dict(optim_wrapper.items())
    else:
        state = {'': state}
    for key, wrapper in wrappers.items():
        problem = _optimizer_problem(
            state.get(key, {}), wrapper.optimizer.param_groups, names)
        if problem:
            raise CheckpointError(
                f'{name}\nIts state of the optimizer{key and f" {key}"} does '
                f'not fit: {problem}.\nTo mend it: resume with the model, '
                '`optim_wrapper` and `allow_partial` that the checkpoint was '
                'trained with, or start anew from its weights with '
                '`load_from`, without --resume.')


def _optimizer_problem(state: Mapping, groups: list[dict],
                       names: dict[int, str]) -> str | None:
    saved = state.get('param_groups', ())
    there, here = ([len(g['params']) for g in gs] for gs in (saved, groups))
    if there != here:
        return (f'it has {sum(there)} parameters in {len(there)} groups, but '
                f'this run has {sum(here)} in {len(here)}')
    for group, old in zip(groups, saved):
        for param, index in zip(group['params'], old['params']):
            for key in MOMENTS:
                value = state['state'].get(index, {}).get(key)
                if value is not None and value.shape != param.shape:
                    return (f'`{key}` of {names.get(id(param), "a parameter")}'
                            f' is {tuple(value.shape)} in the file, the '
                            f'parameter {tuple(param.shape)}')
    return None
