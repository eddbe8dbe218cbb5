# Copyright (c) mtcp_mm authors. All rights reserved.
"""Does the state of a training fit? Asked before any of it is loaded."""
import re
from collections.abc import Mapping
from logging import WARNING
from pathlib import Path
from typing import Any

from mmengine.logging import print_log
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch import nn

from .compare import CheckpointError
from .files import read_checkpoint
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
        # Versions of torch add options, schedulers their `initial_...`: only
        # if both have some of their own, these are two kinds of optimizers.
        lacking, new = (sorted(k for k in a.keys() - b.keys()
                               if not k.startswith('initial_'))
                        for a, b in ((group, old), (old, group)))
        if lacking and new:
            return (f'it was left by another type of optimizer: it has '
                    f'{", ".join(new)}, but lacks {", ".join(lacking)}')
        for param, index in zip(group['params'], old['params']):
            for key in MOMENTS:
                value = state['state'].get(index, {}).get(key)
                if value is not None and value.shape != param.shape:
                    return (f'`{key}` of {names.get(id(param), "a parameter")}'
                            f' is {tuple(value.shape)} in the file, the '
                            f'parameter {tuple(param.shape)}')
    return None


def newest_whole(work_dir: str | Path) -> str | None:
    """The newest checkpoint from which a run can go on.

    Args:
        work_dir (str | Path): Folder of the run. Its ``last_checkpoint`` is
            a hint; only the name in it counts where the run was moved.

    Returns:
        str | None: Its path; None if there is no checkpoint at all.

    Raises:
        CheckpointError: There are checkpoints, but none is whole.
    """
    folder, pointer = Path(work_dir), Path(work_dir, 'last_checkpoint')
    last = Path(pointer.read_text(errors='replace').strip('\0 \n')
                if pointer.is_file() else '')
    there = list(folder.glob('*.pth'))
    if not there and last.name and last.is_file():  # the hook has an out_dir
        folder, there = last.parent, list(last.parent.glob('*.pth'))

    def number(file: Path) -> int:
        return int((re.findall(r'\d+', file.stem) or ['0'])[-1])

    files = sorted(
        (f for f in there if not f.name.startswith('best_')),
        key=lambda f: (f.stat().st_mtime_ns, number(f)),
        reverse=True)
    hinted = folder / last.name
    if hinted in files and number(hinted) > number(files[0]):
        files.remove(hinted)  # copied: the times are those of the copies
        files.insert(0, hinted)
    passed = []
    for file in files:
        try:
            raw, _ = read_checkpoint(file)
            if lacking := [key for key in STATE if key not in raw]:
                raise CheckpointError(
                    f'{file} lacks {", ".join(lacking)}, as published ones '
                    'do.')
        except CheckpointError as error:
            passed.append(str(error).partition('\n')[0])
            continue
        if passed or file.name != last.name:
            found = f'names {last}' if last.name else 'is missing or empty'
            passed += [f'{pointer} {found}'] * (file.name != last.name)
            print_log(
                f'Resuming from {file}. Passed over:\n  ' +
                '\n  '.join(passed), 'current', WARNING)
        return str(file)
    if not there:
        return None
    listed = '\n  '.join(passed or [str(f) for f in there])
    raise CheckpointError(
        f'{folder} holds checkpoints, but none to resume from:\n  {listed}\n'
        'To mend it: start anew in another --work-dir, from the weights of '
        'one of them with `load_from`, or remove them.')
