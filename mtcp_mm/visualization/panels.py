# Copyright (c) mtcp_mm authors. All rights reserved.
"""Pictures of one task: ground truth, prediction and error, as arrays."""
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from mmengine.structures import PixelData
from torch import Tensor

from mtcp_mm.tasks import DenseTask
from mtcp_mm.tasks.scale import Entry, Scale

#: A map (C, H, W), as a model gives it or as a sample holds it.
Map = np.ndarray | Tensor | PixelData


@dataclass
class TaskPanels:
    """What :func:`draw_task` gives; pictures are uint8 RGB (H, W, 3).

    Attributes:
        truth (np.ndarray, optional): Picture of the ground truth.
        prediction (np.ndarray, optional): Picture of the prediction.
        error (np.ndarray, optional): Picture of the error.
        legend (list[tuple]): Names and colours of the classes that occur in
            ``truth`` and ``prediction``.
        scale (Scale, optional): Their values, for :func:`draw_scale`.
        error_scale (Scale, optional): The same of ``error``.
        error_summary (str): A few words on it: 'mean 0.31 m'.
    """

    truth: np.ndarray | None = None
    prediction: np.ndarray | None = None
    error: np.ndarray | None = None
    legend: list[Entry] | tuple = ()
    scale: Scale | None = None
    error_scale: Scale | None = None
    error_summary: str = ''


def to_array(data: Map | None) -> np.ndarray | None:
    """Map (C, H, W) as an array, half precision as float32."""
    if data is None:
        return None
    data = torch.as_tensor(getattr(data, 'data', data) if isinstance(
        data, PixelData) else data).detach().cpu()
    return (data.float() if data.is_floating_point() else data).numpy()


def lay_over(picture: np.ndarray, image: np.ndarray,
             opacity: float) -> np.ndarray:
    """A picture over the grey values of an image, which keeps its hues.

    Args:
        picture (np.ndarray): uint8 RGB, shape (H, W, 3).
        image (np.ndarray): uint8 RGB of any size.
        opacity (float): 1: the image does not show.

    Returns:
        np.ndarray: uint8 RGB, shape (H, W, 3).
    """
    size = picture.shape[1::-1]
    if image.shape[1::-1] != size:
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None]
    mixed = opacity * picture.astype(np.float32) + (1 - opacity) * grey
    return np.round(mixed).astype(np.uint8)


def draw_task(task: DenseTask,
              truth: Map | None = None,
              pred: Map | None = None,
              *,
              image: np.ndarray | None = None,
              meta: dict | None = None,
              with_error: bool = True,
              kind: str | None = None) -> TaskPanels:
    """Draw one task of one image.

    Ground truth and prediction share one colour scale, that of the ground
    truth if there is one.

    Args:
        task (DenseTask): The task.
        truth (Map, optional): Ground truth (C, H, W): array, tensor, or the
            ``PixelData`` of a sample.
        pred (Map, optional): Prediction (C, H, W), likewise.
        image (np.ndarray, optional): uint8 RGB; shows through where the task
            has :attr:`~DenseTask.opacity` < 1. Without it: plain colours.
        meta (dict, optional): ``dataset_meta['task_meta'][task.name]``.
        with_error (bool): Draw the error if there are both truth and
            prediction. Defaults to True.
        kind (str, optional): Kind of error, a key of ``task.error_units``
            such as 'relative'; None: the first of them.

    Returns:
        TaskPanels: Without any map, an empty one.

    Raises:
        ValueError: No such kind of error, or an error map of two maps that
            differ in size.
    """
    if kind is not None and kind not in task.error_units:
        raise ValueError(f'Task `{task.name}` knows no error {kind!r}: use '
                         f'{", ".join(task.error_units)}.')
    truth, pred = to_array(truth), to_array(pred)
    maps = [m for m in (truth, pred) if m is not None]
    if not maps:
        return TaskPanels()

    def picture(data):
        if data is None:
            return None
        drawn = task.draw(data, meta, maps[0])
        if image is not None and task.opacity < 1:
            drawn = lay_over(drawn, image, task.opacity)
        return drawn

    panels = TaskPanels(
        truth=picture(truth),
        prediction=picture(pred),
        legend=task.legend(maps, meta),
        scale=task.scale(maps[0]))
    if len(maps) == 2 and with_error:
        if truth.shape != pred.shape:
            raise ValueError(
                f'Ground truth {truth.shape} and prediction {pred.shape} of '
                f'task `{task.name}` differ in shape: there is no error map.')
        error = task.error_map(pred, truth, kind)
        panels.error_scale = task.error_scale(error, kind)
        panels.error_summary = task.error_summary(error, kind)
        panels.error = panels.error_scale.paint(error)
        if image is not None and task.opacity < 1:
            panels.error = lay_over(panels.error, image, task.opacity)
    return panels
