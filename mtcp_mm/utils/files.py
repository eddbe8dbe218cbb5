# Copyright (c) mtcp_mm authors. All rights reserved.
import os
from pathlib import Path

from mmengine.dist import master_only


@master_only
def write_atomically(path: str | Path, text: str) -> None:
    """Write a file of which nobody ever sees a half; on rank 0 only."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f'.{path.name}.{os.getpid()}')
    temporary.write_text(text, encoding='utf-8')
    os.replace(temporary, path)
