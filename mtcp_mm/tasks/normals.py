# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from mtcp_mm.registry import TASKS
from mtcp_mm.utils.camera import Camera
from mtcp_mm.utils.surface_normals import normals_from_depth
from .base import DenseTask
from .depth import DepthTask

#: Options of :func:`normals_from_depth`.
FIT = ('radius', 'jump', 'slope', 'noise')
#: Components whose sign a flip turns.
MIRRORED = dict(horizontal=[0], vertical=[1], diagonal=[0, 1])


@TASKS.register_module()
class NormalsTask(DenseTask):
    """Surface normals in the camera frame: x right, y down, z forward.

    Label: float32 (H, W, 3), unit length, 0-vector = missing. Prediction:
    unit vectors, float32 (3, H, W).

    Args:
        unit_length (bool): Predictions are brought to unit length. Without,
            they have the length that the network gives them, which the
            protocol ``densemtl`` of the metric scores. Defaults to True.
        **kwargs: See :class:`DenseTask`.
    """

    ignore_value = 0.
    label_format = 'unit vectors (H, W, 3), 0-vector = missing'
    default_loss = dict(type='mtcp_mm.NormalsL1Loss')
    default_metric = dict(type='mtcp_mm.NormalsMetric')
    error_units = dict(angle='°')
    error_high = 60.
    #: A stored vector shorter than this is "missing": 8-bit files cannot
    #: hold the 0-vector exactly.
    min_length = 0.1

    def __init__(self, unit_length: bool = True, **kwargs) -> None:
        super().__init__(out_channels=3, **kwargs)
        self.unit_length = unit_length

    def decode_label(self,
                     raw: np.ndarray,
                     path: str = '',
                     from_depth: Mapping | None = None,
                     camera: Camera | None = None) -> np.ndarray:
        """See :meth:`DenseTask.decode_label`.

        Args:
            raw (np.ndarray): (H, W, 3); uint8 is read as 2 * v / 255 - 1.
            path (str): Named in error messages.
            from_depth (Mapping, optional): The file holds depth, and normals
                are computed from it: options of
                :meth:`DepthTask.decode_label`, and ``radius``, ``noise``,
                ... of :func:`normals_from_depth`.
            camera (Camera, optional): Of that depth.
        """
        if from_depth is not None:
            return self._from_depth(raw, path, camera, **from_depth)
        raw = self.as_map(raw, path, 'normals (H, W, 3)', channels=3)
        if raw.dtype != np.uint8 and (raw.dtype.kind == 'u' or (
                raw.min() >= 0 and raw.max() > 2)):
            raise ValueError(
                f'{path} holds {raw.dtype} values of {raw.min():g} to '
                f'{raw.max():g}, but normals of task `{self.name}` are -1..1, '
                'or 0..255 as uint8. Save them as one of these.')
        normals = raw.astype(np.float32)
        if raw.dtype == np.uint8:
            normals = (2 * normals - 255) / 255  # rounded once
        normals[~np.isfinite(normals).all(-1)] = 0
        length = np.linalg.norm(normals, axis=-1, keepdims=True)
        missing = length < self.min_length
        return np.where(missing, 0, normals / np.where(missing, 1, length))

    def _from_depth(self, raw: np.ndarray, path: str, camera: Camera | None,
                    **options) -> np.ndarray:
        """Normals of a depth map (H, W), see :func:`normals_from_depth`."""
        if camera is None:
            raise ValueError(
                f'{path} holds depth, of which task `{self.name}` computes '
                'normals, and that needs a camera. Say camera=True in the '
                'options of the label, and `camera` of the data set.')
        fit = {k: options.pop(k) for k in FIT if k in options}
        task = DepthTask()
        task.name = self.name
        depth = task.decode_label(raw, path, camera=camera, **options)
        return normals_from_depth(
            depth, depth > 0, camera.of_copy(*depth.shape), **fit)

    def doubt(self, raw: np.ndarray, label: np.ndarray) -> str | None:
        """Vectors that are not of unit length, or that never point back."""
        if raw.ndim == 2:  # computed from depth
            return None
        known = (label[::2, ::2] != 0).any(-1)  # a quarter tells as much
        stored = raw[::2, ::2][known].astype(np.float32)
        if raw.dtype == np.uint8:
            stored = (2 * stored - 255) / 255
        length = np.linalg.norm(stored, axis=-1)
        varies = length.size and stored.std(axis=0).max() > .05
        if varies and stored.min() >= 0:
            return ('none of its vectors has a negative component: are they '
                    'in 0..1?')
        if length.size and not .9 < (middle := np.median(length)) < 1.1:
            return f'its vectors have a median length of {middle:.3g}'
        return None

    def flip_label(self, label: np.ndarray, direction: str) -> np.ndarray:
        """A mirror turns the sign of the mirrored axis."""
        label = label.copy()
        label[..., MIRRORED[direction]] *= -1
        return label

    def rotate_label(self, label: np.ndarray, degrees: float) -> np.ndarray:
        """Vectors turn with the picture; their z stays."""
        cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        x, y = label[..., 0], label[..., 1]
        label = label.copy()
        label[..., 0], label[..., 1] = cos * x - sin * y, sin * x + cos * y
        return label

    def predict(self, logits: Tensor) -> Tensor:
        """Unit vectors, or vectors of any length."""
        return F.normalize(logits, dim=0) if self.unit_length else logits

    def from_average(self, mean: Tensor) -> Tensor:
        """Mean direction of unit vectors; 0 where they cancel out."""
        return F.normalize(mean, dim=0)

    def unflip_logits(self, logits: Tensor, direction: str) -> Tensor:
        """See :meth:`DenseTask.unflip_logits`."""
        logits = super().unflip_logits(logits, direction).clone()
        logits[..., MIRRORED[direction], :, :] *= -1
        return logits

    def constant_sums(self, target: Tensor) -> Tensor:
        """Sum of the labelled vectors, float64 (3,)."""
        return target.double().sum(dim=(1, 2))

    def constant_prediction(self, sums: Tensor) -> Tensor:
        """Mean direction, float32 (3, 1, 1)."""
        return F.normalize(sums, dim=0).float().view(3, 1, 1)

    def _unit(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors (3, H, W) as pictures show them."""
        if self.unit_length:
            return vectors
        length = np.linalg.norm(vectors, axis=0)
        return vectors / np.maximum(length, 1e-12)

    def draw(self,
             data: np.ndarray,
             meta: dict | None = None,
             reference: np.ndarray | None = None) -> np.ndarray:
        """Red: right, green: up, blue: to the camera; missing is black."""
        facing = self._unit(data) * np.array(
            [1, -1, -1], data.dtype).reshape(3, 1, 1)
        picture = np.round((facing + 1) * 127.5).clip(0, 255)
        picture = np.where((data == 0).all(0), 0, picture)
        return picture.transpose(1, 2, 0).astype(np.uint8)

    def error_map(self,
                  pred: np.ndarray,
                  truth: np.ndarray,
                  kind: str | None = None) -> np.ndarray:
        """Angle between the unit vectors, degrees."""
        pred = self._unit(pred)
        # well conditioned near 0 and 180 degrees, unlike arccos
        angle = 2 * np.arctan2(
            np.linalg.norm(pred - truth, axis=0),
            np.linalg.norm(pred + truth, axis=0))
        return self.mask_error(np.degrees(angle), truth)
