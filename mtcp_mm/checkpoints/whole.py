# Copyright (c) mtcp_mm authors. All rights reserved.
"""Load a checkpoint of a whole model: all of it, or not at all."""
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from mmengine.model import BaseTTAModel, is_model_wrapper
from torch import Tensor, nn

from .compare import (
    COMPUTED,
    TRAINING_ONLY,
    CheckpointError,
    check_numbers,
    compare,
    find_unequal,
    tensors_of,
    values_for,
)
from .files import read_checkpoint
from .report import LoadingReport, PartReport, problem_text


def unwrapped(model: nn.Module) -> nn.Module:
    """The model without DDP and test-time augmentation around it."""
    while is_model_wrapper(model) or isinstance(model, BaseTTAModel):
        model = model.module
    return model


def check_whole(model: nn.Module,
                tensors: Mapping[str, Tensor],
                name: str,
                allow_partial: Sequence[str] = (),
                resume: bool = False) -> LoadingReport:
    """Compare a checkpoint with a model. Arguments as for :func:`load_into`.

    Raises:
        CheckpointError: A key is missing, left over or has another shape, or
            numbers are not finite.
    """
    model = unwrapped(model)
    patterns = (*getattr(model, 'allow_partial', ()), *allow_partial)
    found = compare(
        tensors,
        model,
        may_differ=lambda key: any(fnmatchcase(key, p) for p in patterns),
        skip=() if resume else TRAINING_ONLY,
        whole=True)
    own = model.state_dict()
    part = PartReport('', type(model).__name__, name, None, found, whole=True)
    if not found.fits:
        raise CheckpointError(problem_text(part, tensors, len(own)))
    check_numbers(model, values_for(tensors, model, found), name)
    without = [
        k for k in own
        if k not in found.used and k.rpartition('.')[2] not in COMPUTED
    ]
    return LoadingReport([part], {name: found.ignored}, without)


def load_into(model: nn.Module,
              checkpoint: str | Path | Mapping,
              name: str | Path = 'the checkpoint',
              allow_partial: Sequence[str] = (),
              resume: bool = False) -> LoadingReport:
    """Load a checkpoint of this very model; nothing is loaded if it is not.

    Args:
        model (nn.Module): May be wrapped by DDP or test-time augmentation.
        checkpoint (str | Path | Mapping): File, URL, or what was read.
        name (str | Path): What messages call a checkpoint that was read.
        allow_partial (Sequence[str]): Patterns (``fnmatch``) of keys that
            may be missing, left over or of another shape, besides those of
            ``model.allow_partial``. Such keys of the model stay as they are.
        resume (bool): Whether ``loss_weighting.*`` is loaded, and required:
            a state of the training, for which a model that is tested has no
            use and which a new training learns anew. Defaults to False.

    Returns:
        LoadingReport: What was used and what not.

    Raises:
        CheckpointError: Names the file, the keys, and how to mend it.
    """
    if isinstance(checkpoint, Mapping):
        tensors = tensors_of(checkpoint)
    else:
        name, (_, tensors) = checkpoint, read_checkpoint(checkpoint)
    report = check_whole(model, tensors, str(name), allow_partial, resume)
    model = unwrapped(model)
    values = values_for(tensors, model, report.parts[0].found)
    model.load_state_dict(values, strict=False)
    if lost := find_unequal(model, values):
        raise CheckpointError(
            f'{name}\nwas loaded, but {len(lost)} of {len(values)} tensors '
            f'do not hold its numbers: {", ".join(lost[:12])}\nTo mend it: '
            f'see what `load_state_dict` of {type(model).__name__} does.')
    return report
