# Copyright (c) mtcp_mm authors. All rights reserved.
"""The one way to read a checkpoint, and the one to write one."""
import os
import pickle
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from mmengine.config import ConfigDict
from mmengine.fileio import LocalBackend, register_backend
from mmengine.logging import HistoryBuffer
from mmengine.runner.checkpoint import CheckpointLoader
from torch import Tensor

from mtcp_mm.utils.files import replacing
from .compare import CheckpointError, tensors_of

#: Environment variable, so that ranks and other people's tools know, too.
TRUST = 'MTCP_TRUST_CHECKPOINT'


def _method(owner: type, name: str):
    """In the place of ``getattr``, for the methods of a HistoryBuffer."""
    if owner is HistoryBuffer and name in ('min', 'max', 'current', 'mean'):
        return getattr(owner, name)
    raise pickle.UnpicklingError('Unsupported GLOBAL builtins.getattr')


# What mmengine's runner saves beside what torch allows. Numpy 1 wrote the
# functions under another module.
HARMLESS = [
    ConfigDict, HistoryBuffer, (_method, 'builtins.getattr'), np.dtype,
    np.ndarray,
    *{type(np.dtype(code)) for code in np.typecodes['All']}
]
for _module in ('numpy.core.multiarray', 'numpy._core.multiarray'):
    HARMLESS += [(np._core.multiarray._reconstruct, f'{_module}._reconstruct'),
                 (np._core.multiarray.scalar, f'{_module}.scalar')]


def is_trusted() -> bool:
    """Whether checkpoints may run code (``--trust-checkpoint``)."""
    return os.environ.get(TRUST, '0') != '0'


@contextmanager
def nothing_foreign() -> Iterator[None]:
    """Let ``torch.load`` run nothing that a file brings along.

    However it is called: mmengine's loaders, which know files, URLs and
    model zoos, ask for the opposite.
    """
    name = 'TORCH_FORCE_WEIGHTS_ONLY_LOAD'  # documented by torch
    if is_trusted():
        yield
        return
    before = os.environ.get(name)
    os.environ[name] = '1'
    try:
        with torch.serialization.safe_globals(HARMLESS):
            yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def read_checkpoint(path: str | Path,
                    place: str = '',
                    map_location='cpu') -> tuple[dict, dict[str, Tensor]]:
    """Read a checkpoint from wherever mmengine can; nothing in it is run.

    Args:
        path (str | Path): File, URL, ``torchvision://...``.
        place (str): What names it, for the message. Defaults to ''.
        map_location: As in :func:`torch.load`. Defaults to 'cpu'.

    Returns:
        tuple: What the file holds, and its tensors, see
        :func:`mtcp_mm.checkpoints.compare.tensors_of`.

    Raises:
        CheckpointError: The file cannot be read, holds no weights, or more
            than tensors, numbers, texts and their containers.
    """
    path, place = str(path), f', {place}' if place else ''
    try:
        if os.path.isfile(path) and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as file:  # torch looks at no checksum
                if damaged := file.testzip():
                    raise EOFError(f'{damaged} in it is damaged')
        with nothing_foreign():
            raw = CheckpointLoader.load_checkpoint(
                path, map_location=map_location, logger='silent')
        return raw, tensors_of(raw)
    except CheckpointError as error:
        raise CheckpointError(f'{path}{place}: {error}') from None
    except Exception as error:  # garbage may raise anything
        hint = ('download the file by hand and write its path there'
                if '://' in path else 'name a checkpoint of torch there')
        if path.endswith('.safetensors'):
            hint = ('convert it with '
                    'tools/model_converters/mask2former_hf2mmseg.py')
        text = str(error)
        if found := re.search(r'GLOBAL `?([\w.]+)', text):
            raise CheckpointError(
                f'{path}{place} holds a `{found[1]}`, which is neither tensor '
                'nor plain value. To read it could run code of whoever made '
                'the file, so it was not read.\nTo mend it: if you trust '
                f'where it comes from, add --trust-checkpoint (or set {TRUST}'
                '=1 for programs without it).') from None
        if re.search('[Ww]eights.only', text):  # torch's is bad advice
            text = ('it was not written by torch.save, or not to its end, or '
                    'is a pointer of Git LFS')
        raise CheckpointError(
            f'cannot read {path}{place}: {type(error).__name__}: {text}\n'
            f'To mend it: {hint}.') from error


def write_checkpoint(checkpoint: dict, path: str | Path) -> None:
    """Write a file of which nobody ever sees a half.

    Equal content gives equal bytes: torch would write the name of a path,
    but not that of an open file, into it.
    """
    with replacing(path) as file:
        torch.save(checkpoint, file)


class WholeFileBackend(LocalBackend):
    """Writes files of which nobody ever sees a half."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes.

        Raises:
            OSError: Names the file and how large it would be.
        """
        try:
            with replacing(filepath) as file:
                file.write(obj)
        except OSError as error:
            free = shutil.disk_usage(Path(filepath).parent).free
            raise OSError(
                error.errno,
                f'{error.strerror}: a checkpoint of {len(obj):,} bytes could '
                f'not be written, {free:,} are free there; those before it '
                'are as they were', str(filepath)) from error


register_backend('mtcp_mm', WholeFileBackend, force=True)
