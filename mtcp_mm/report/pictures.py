# Copyright (c) mtcp_mm authors. All rights reserved.
"""Pictures of single images, as files and as text inside a page."""
import base64
from collections.abc import Mapping
from pathlib import Path

import cv2
import mmcv
import mmengine.fileio as fileio
import numpy as np

from mtcp_mm.tasks import DenseTask
from mtcp_mm.tasks.scale import Scale
from mtcp_mm.visualization import draw_task
from mtcp_mm.visualization.canvas import shrink

#: Longest side of a picture, pixels.
MAX_SIDE = 480
QUALITY = 82


def write_picture(picture: np.ndarray, file: Path) -> None:
    """Write a WebP file, at most :data:`MAX_SIDE` pixels long.

    Args:
        picture (np.ndarray): uint8 RGB, shape (H, W, 3).
        file (Path): Its folder is made.
    """
    picture = shrink(picture, MAX_SIDE)
    _, content = cv2.imencode('.webp', picture[..., ::-1],
                              [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.tobytes())


def data_uri(file: Path) -> str:
    """A file of :func:`write_picture` as a ``data:`` address."""
    text = base64.b64encode(file.read_bytes()).decode()
    return f'data:image/webp;base64,{text}'


def describe_scale(scale: Scale | None) -> dict | None:
    """A scale as plain numbers: its ends and some of its colours, or, for a
    scale with names, these and theirs."""
    if scale is None:
        return None
    if scale.names:
        return dict(names=[[name, list(map(int, colour))]
                           for name, colour in scale.entries()])
    steps = np.linspace(0, len(scale.colours) - 1, 9).round().astype(int)
    return dict(
        low=float(scale.low),
        high=float(scale.high),
        unit=scale.unit,
        clipped=scale.clipped,
        colours=scale.colours[steps].tolist())


def write_pictures(kept: Mapping[str, Mapping[str, list]],
                   tasks: Mapping[str, DenseTask], task_meta: Mapping,
                   folder: Path) -> dict[str, dict[str, list[dict]]]:
    """Draw input, ground truth, prediction and error of chosen images.

    Args:
        kept (Mapping): Task prefix to 'worst' and 'best': lists of
            (score, (name, task, sample)).
        tasks (Mapping): The tasks of the model.
        task_meta (Mapping): What the data set tells about them.
        folder (Path): Gets ``pictures/<task>_<name>_<what>.webp``.

    Returns:
        dict: As ``kept``, with a dict for each image: ``name``, ``score``,
        ``files`` (what to path below ``folder``), ``legend``, ``scale``,
        ``error_scale`` and ``error`` (a few words).
    """
    records = {}
    for prefix, lists in kept.items():
        records[prefix] = {}
        for rank, items in lists.items():
            records[prefix][rank] = [
                _draw(score, *item, tasks, task_meta, prefix, folder)
                for score, item in items
            ]
    return records


def _draw(score: float, name: str, task_name: str, sample,
          tasks: Mapping[str, DenseTask], task_meta: Mapping, prefix: str,
          folder: Path) -> dict:
    task = tasks[task_name]
    content = fileio.get(sample.img_path)
    image = mmcv.imfrombytes(content, channel_order='rgb')
    panels = draw_task(
        task,
        sample.get(task.gt_key),
        sample.get(task.pred_key),
        image=image,
        meta=task_meta.get(task_name))
    stem = f'{prefix}_{name}'.replace('/', '_')
    files = {}
    for what, picture in (('input', image), ('truth', panels.truth),
                          ('prediction', panels.prediction),
                          ('error', panels.error)):
        if picture is not None:
            files[what] = f'pictures/{stem}_{what}.webp'
            write_picture(picture, folder / files[what])
    return dict(
        name=name,
        score=score,
        files=files,
        legend=[[n, list(map(int, c))] for n, c in panels.legend],
        scale=describe_scale(panels.scale),
        error_scale=describe_scale(panels.error_scale),
        error=panels.error_summary)
