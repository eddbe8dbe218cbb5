# Copyright (c) mtcp_mm authors. All rights reserved.
"""Files and folders of which nobody ever sees a half."""
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mmengine.dist import master_only


def _beside(path: Path) -> Path:
    """Where a process prepares what takes the place of ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f'.{path.name}.{os.getpid()}')


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """A binary file that takes the place of ``path`` once it is complete."""
    path = Path(path)
    temporary = _beside(path)
    try:
        with open(temporary, 'wb') as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # else a new name may have old content
        os.replace(temporary, path)
    except OSError as error:  # writing does not know where it writes
        if error.errno and not error.filename:
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: str | Path) -> Iterator[Path]:
    """A new folder that takes the place of ``path`` once it is complete."""
    path = Path(path)
    temporary = _beside(path)
    shutil.rmtree(temporary, ignore_errors=True)  # of a process that died
    temporary.mkdir()
    try:
        yield temporary
        if path.exists():
            old = temporary.with_name(temporary.name + '-old')
            path.rename(old)
            temporary.rename(path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@master_only
def write_atomically(path: str | Path, text: str) -> None:
    """Write a text file, see :func:`replacing`; on rank 0 only."""
    with replacing(path) as file:
        file.write(text.encode())
