# Copyright (c) mtcp_mm authors. All rights reserved.
"""Which parts of a checkpoint fit which parts of a model: no side effects.

:mod:`mtcp_mm.checkpoints.loading` acts on it,
:mod:`mtcp_mm.checkpoints.report` puts it into words.
"""
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import isqrt

import torch.nn.functional as F
from torch import Tensor, nn

from mtcp_mm.utils.numbers import broken_weights


class CheckpointError(ValueError):
    """A checkpoint cannot be read, or does not fit the model."""


# Buffers that the model computes from its settings: not learned.
COMPUTED = ('relative_position_index', 'num_batches_tracked', 'attn_mask')
# State of a training, no part of a model that is tested or published.
TRAINING_ONLY = ('loss_weighting.', )
# Why a key of the file is left alone; the first that matches.
REASONS = (
    (r'cls_embed\.', 'classifier, not part of the neck'),
    (r'(fc|head|classifier|cls_head)\.', 'classifier of the pre-training'),
    (rf'(.*\.)?({"|".join(COMPUTED)})$', 'computed by the model'),
    (r'auxiliary_head\.', 'auxiliary head of the segmentor'),
    (r'criterion\.', 'part of the loss'),
    (r'loss_weighting\.', 'state of the training, for --resume only'),
)


@dataclass
class Comparison:
    """What a checkpoint holds of one module.

    Keys of the module are without the place of the module in the model, keys
    of the file are complete.

    Attributes:
        prefix (str): What stands before the keys of the module in the file.
        used (dict[str, str]): Key of the module to key of the file.
        resized (dict[str, str]): The same, for tables that have to be
            interpolated first.
        missing (list[str]): Keys of the module that the file lacks.
        wrong_shape (dict[str, tuple]): Key of the module to its shape in the
            file and in the module.
        left_over (list[str]): Keys of the file that belong inside a part of
            the module but have no place there, as the 19th block of 18.
        ignored (dict[str, str]): Other keys below the prefix, with a reason.
        allowed (list[str]): Keys that would be missing, of wrong shape or
            left over, but may be.
    """
    prefix: str
    used: dict[str, str] = field(default_factory=dict)
    resized: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    wrong_shape: dict[str, tuple] = field(default_factory=dict)
    left_over: list[str] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)
    allowed: list[str] = field(default_factory=list)

    @property
    def fits(self) -> bool:
        """Whether every key found its place, or may do without one."""
        return bool(self.used or self.allowed) and not (
            self.missing or self.wrong_shape or self.left_over)


def tensors_of(checkpoint: Mapping) -> dict[str, Tensor]:
    """Tensors of a checkpoint by name, without the ``module.`` of DDP.

    Args:
        checkpoint (Mapping): What ``torch.load`` gave: the tensors, or these
            under ``state_dict`` (OpenMMLab) or ``model`` (Swin, DeiT).

    Returns:
        dict[str, Tensor]: Names as the model had them, in their order, with
        the ``_metadata`` (versions of the modules) that torch keeps there.

    Raises:
        CheckpointError: It holds no tensors.
    """
    state = checkpoint
    for key in ('state_dict', 'model'):
        if isinstance(state, Mapping) and isinstance(state.get(key), Mapping):
            state = state[key]
            break
    tensors = OrderedDict((re.sub(r'^module\.', '', k), v)
                          for k, v in getattr(state, 'items', tuple)()
                          if isinstance(v, Tensor))
    if not tensors:
        what = (f'a dict with {", ".join(map(str, list(checkpoint)[:8]))}'
                if isinstance(checkpoint, Mapping) else
                f'a {type(checkpoint).__name__}')
        raise CheckpointError('it holds no weights: expected a dict of '
                              'tensors, or one with a `state_dict`, but it '
                              f'is {what}')
    if hasattr(state, '_metadata'):
        tensors._metadata = state._metadata
    return tensors


def resize_bias_table(table: Tensor, length: int) -> Tensor:
    """Relative position biases of a Swin for another window.

    Args:
        table (Tensor): Shape ((2w - 1)**2, heads).
        length (int): (2v - 1)**2 for the new window v.

    Returns:
        Tensor: Shape (length, heads); bicubic, as mmseg's Swin does it.
    """
    old, new = isqrt(len(table)), isqrt(length)
    grid = table.float().T.reshape(1, -1, old, old)
    grid = F.interpolate(grid, size=(new, new), mode='bicubic')
    return grid.reshape(-1, length).T.contiguous().to(table.dtype)


def _is_resizable(key: str, old: Tensor, new: Tensor) -> bool:
    if not key.endswith('relative_position_bias_table'):
        return False
    square = all(isqrt(len(t))**2 == len(t) for t in (old, new))
    return square and old.shape[1:] == new.shape[1:]


def _belongs_inside(key: str, module: nn.Module) -> bool:
    """Whether the first step of the path exists in the module."""
    return key.partition('.')[0] in dict(module.named_children())


def _reason(key: str, module: nn.Module) -> str:
    for pattern, reason in REASONS:
        if re.match(pattern, key):
            return reason
    return f'{type(module).__name__} has no `{key.partition(".")[0]}`'


def compare(tensors: Mapping[str, Tensor],
            module: nn.Module,
            prefix: str = '',
            may_differ: Callable[[str], bool] = lambda key: False,
            skip: tuple[str, ...] = (),
            whole: bool = False) -> Comparison:
    """Find the place of each tensor of a checkpoint in a module.

    Args:
        tensors (Mapping[str, Tensor]): See :func:`tensors_of`.
        module (nn.Module): The module to fill; it is only read.
        prefix (str): Only keys that begin so are looked at. Defaults to ''.
        may_differ (Callable): Tells for a key of the module whether it may
            be missing, left over or of another shape. Defaults to never.
        skip (tuple[str]): Keys of the module that begin so are left alone.
            Defaults to none.
        whole (bool): The checkpoint is that of this very module, which
            leaves nothing over and resizes nothing. Defaults to False.

    Returns:
        Comparison: Its lists together hold every key of the module, those to
        skip apart, and every key of the file below ``prefix``.
    """
    found = Comparison(prefix)
    own = {
        k: v
        for k, v in module.state_dict().items() if not k.startswith(skip)
    }
    for key, value in own.items():
        tensor = tensors.get(prefix + key)
        computed = key.rpartition('.')[2] in COMPUTED
        if tensor is not None and tensor.shape == value.shape:
            found.used[key] = prefix + key
        elif computed:
            if tensor is not None:
                found.ignored[prefix + key] = _reason(key, module)
        elif (tensor is not None and not whole
              and _is_resizable(key, tensor, value)):
            found.resized[key] = prefix + key
        elif may_differ(key):
            found.allowed.append(key)
        elif tensor is None:
            found.missing.append(key)
        else:
            found.wrong_shape[key] = tuple(tensor.shape), tuple(value.shape)
    for full in tensors:
        key = full[len(prefix):]
        if not full.startswith(prefix) or key in own:
            continue
        if (key.startswith(skip) or key.rpartition('.')[2] in COMPUTED
                or not (whole or _belongs_inside(key, module))):
            found.ignored[full] = _reason(key, module)
        elif may_differ(key):
            found.allowed.append(key)
        else:
            found.left_over.append(full)
    return found


def best_match(tensors: Mapping[str, Tensor], module: nn.Module,
               prefixes: Iterable[str], *options) -> Comparison:
    """Compare under several prefixes.

    Args:
        tensors (Mapping[str, Tensor]): See :func:`tensors_of`.
        module (nn.Module): The module to fill.
        prefixes (Iterable[str]): In order of preference.
        *options: ``may_differ`` and ``skip`` of :func:`compare`.

    Returns:
        Comparison: The first that fits, else the one that uses most keys.
    """
    found = (compare(tensors, module, prefix, *options)
             for prefix in dict.fromkeys(prefixes))
    return max(found, key=lambda c: (c.fits, len(c.used)))


def values_for(tensors: Mapping[str, Tensor], module: nn.Module,
               found: Comparison) -> dict[str, Tensor]:
    """The numbers that a module has to hold after loading.

    Returns:
        dict[str, Tensor]: Key of the module to a tensor of its shape and
        type, for ``used`` and ``resized``; with the ``_metadata``.
    """
    own, values = module.state_dict(), OrderedDict()
    for key, full in found.used.items():
        values[key] = tensors[full].to(own[key].dtype)
    for key, full in found.resized.items():
        table = resize_bias_table(tensors[full], len(own[key]))
        values[key] = table.to(own[key].dtype)
    if hasattr(tensors, '_metadata'):
        values._metadata = tensors._metadata
    return values


def check_numbers(module: nn.Module, values: Mapping[str, Tensor],
                  name: str) -> None:
    """Refuse weights that are not finite, before they are loaded.

    Args:
        module (nn.Module): Tells parameters from buffers, of which those of
            masks may be infinite.
        values (Mapping[str, Tensor]): From :func:`values_for`.
        name (str): The file, for the message.

    Raises:
        CheckpointError: Some are not.
    """
    broken = broken_weights(values, dict(module.named_parameters()))
    if broken:
        raise CheckpointError(
            f'{name}: {len(broken)} of {len(values)} tensors are not finite, '
            f'the first is {broken[0]}. A training that went wrong left them.'
            '\nTo mend it: take an older checkpoint.')


def find_unequal(module: nn.Module, values: Mapping[str, Tensor]) -> list[str]:
    """Keys of ``values`` that the module does not hold number by number."""
    own = module.state_dict()
    return [k for k, v in values.items() if not _is_same(own[k], v)]


def _is_same(a: Tensor, b: Tensor) -> bool:
    b = b.to(a.device)
    return bool(((a == b) | (a != a) & (b != b)).all())  # NaN is NaN
