# Copyright (c) mtcp_mm authors. All rights reserved.
"""The one way to read a checkpoint, and the one to write one."""
import pickle
from pathlib import Path

import torch
from mmengine.runner.checkpoint import CheckpointLoader
from torch import Tensor

from mtcp_mm.utils.files import replacing
from .compare import CheckpointError, tensors_of

UNREADABLE = (OSError, RuntimeError, EOFError, KeyError, ValueError,
              AttributeError, ImportError, pickle.UnpicklingError)


def read_checkpoint(path: str | Path,
                    place: str = '',
                    map_location='cpu') -> tuple[dict, dict[str, Tensor]]:
    """Read a checkpoint from wherever mmengine can.

    Args:
        path (str | Path): File, URL, ``torchvision://...``.
        place (str): What names it, for the message. Defaults to ''.
        map_location: As in :func:`torch.load`. Defaults to 'cpu'.

    Returns:
        tuple: What the file holds, and its tensors, see
        :func:`mtcp_mm.checkpoints.compare.tensors_of`.

    Raises:
        CheckpointError: The file cannot be read, or holds no weights.
    """
    path, place = str(path), f', {place}' if place else ''
    try:
        raw = CheckpointLoader.load_checkpoint(
            path, map_location=map_location, logger='silent')
        return raw, tensors_of(raw)
    except CheckpointError as error:
        raise CheckpointError(f'{path}{place}: {error}') from None
    except UNREADABLE as error:
        hint = ('copy the file here by hand and name it there'
                if '://' in path else 'name a checkpoint of torch there')
        if path.endswith('.safetensors'):
            hint = ('convert it with '
                    'tools/model_converters/mask2former_hf2mmseg.py')
        raise CheckpointError(
            f'cannot read {path}{place}: {type(error).__name__}: {error}\n'
            f'To mend it: {hint}.') from error


def write_checkpoint(checkpoint: dict, path: str | Path) -> None:
    """Write a file of which nobody ever sees a half.

    Equal content gives equal bytes: torch would write the name of a path,
    but not that of an open file, into it.
    """
    with replacing(path) as file:
        torch.save(checkpoint, file)
