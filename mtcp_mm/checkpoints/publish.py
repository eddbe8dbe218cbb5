# Copyright (c) mtcp_mm authors. All rights reserved.
"""A checkpoint without what only its training needs."""
from collections import OrderedDict
from hashlib import sha256
from pathlib import Path

from torch import Tensor

from mtcp_mm.utils.numbers import broken_weights
from .compare import TRAINING_ONLY, CheckpointError
from .files import read_checkpoint, write_checkpoint

# Paths on the machine of the training.
PRIVATE = ('hook_msgs', )


def publish(source: str | Path,
            target: str | Path,
            half: bool = False) -> tuple[Path, list[str]]:
    """Write the model of a checkpoint, for others to use.

    Args:
        source (str | Path): File or URL.
        target (str | Path): ``<name>.pth``; the first 8 digits of the sha256
            of the new file are added: ``<name>-<digits>.pth``.
        half (bool): Store 16-bit floats, half the size; they become those of
            the model again when it is loaded. Numbers below 6e-5 lose
            digits, those below 3e-8 become 0. Defaults to False.

    Returns:
        tuple[Path, list[str]]: The file, which has ``state_dict`` and
        ``meta``, and what was left out.

    Raises:
        CheckpointError: It cannot be read, holds NaN, or numbers that 16
            bits cannot, or the new file exists.
    """
    raw, tensors = read_checkpoint(source)
    state = OrderedDict(
        (k, v) for k, v in tensors.items() if not k.startswith(TRAINING_ONLY))
    if hasattr(tensors, '_metadata'):
        state._metadata = tensors._metadata
    if broken := broken_weights(state, ()):
        raise CheckpointError(
            f'{source} holds NaN in {len(broken)} of {len(state)} weights, '
            f'the first is {broken[0]}: nobody can use this model.')
    if half:
        for key, value in state.items():
            if value.is_floating_point():
                state[key] = value.half()
        if broken := broken_weights(state, state):
            raise CheckpointError(
                f'{source}: {len(broken)} of {len(state)} weights, the first '
                f'is {broken[0]}, hold numbers beyond 65504, the largest '
                'that 16 bits can: publish it without `half`, --half.')
    meta = {
        k: v
        for k, v in raw.get('meta', {}).items() if k not in PRIVATE
    }
    dropped = [
        k for k, v in raw.items() if k not in ('meta', 'state_dict', 'model')
        and not isinstance(v, Tensor)
    ]
    dropped += [k for k in tensors if k not in state]
    target = Path(target)
    draft = target.with_name(f'.{target.name}.draft')
    try:
        write_checkpoint(dict(meta=meta, state_dict=state), draft)
        digits = sha256(draft.read_bytes()).hexdigest()[:8]
        final = target.with_name(f'{target.stem}-{digits}.pth')
        if final.exists():
            raise CheckpointError(f'{final} exists already. Remove it, or '
                                  'choose another name.')
        draft.rename(final)
    finally:
        draft.unlink(missing_ok=True)
    return final, dropped
