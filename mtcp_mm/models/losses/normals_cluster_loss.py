# Copyright (c) mtcp_mm authors. All rights reserved.
import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn as nn
from torch import Tensor

from mtcp_mm.registry import MODELS
from .utils import masked_cross_entropy


def facing_directions(number: int) -> Tensor:
    """Unit vectors spread evenly over the half sphere that faces the camera.

    A Fibonacci lattice: every vector has the same share of the half sphere.

    Args:
        number (int): K.

    Returns:
        Tensor: x right, y down, z forward, hence below 0; float32 (K, 3).
    """
    i = torch.arange(number, dtype=torch.float64)
    z = -(i + .5) / number
    angle = i * math.pi * (3 - math.sqrt(5))
    radius = (1 - z.square()).sqrt()
    return torch.stack([radius * angle.cos(), radius * angle.sin(), z],
                       1).float()


@MODELS.register_module()
class NormalsClusterLoss(nn.Module):
    """Cross entropy of normals as classes, by the nearest of some directions.

    For auxiliary logits, as those of ATRC. Its directions are clusters of the
    labels, in a file that is not public any more: these here are spread
    evenly, unless ``centroids`` says otherwise.

    Args:
        num_classes (int): K. Defaults to 40.
        centroids (str | Sequence, optional): Directions of any length, x
            right, y down, z forward, shape (K, 3): numbers, or the path of a
            ``.npy`` file with them. Defaults to :func:`facing_directions`;
            of a label the sign of z is not looked at then, so that labels of
            another convention have classes, too.
        loss_weight (float): Factor. Defaults to 1.

    Shape:
        - pred: logits, (N, K, h, w), any size; enlarged to that of the target
        - target: unit vectors where valid, (N, 3, H, W)
        - valid: bool, (N, H, W)
        - output: scalar; 0 with a live graph if no pixel is valid

    Raises:
        ValueError: The centroids are no K vectors, or cannot be read.
    """

    def __init__(self,
                 num_classes: int = 40,
                 centroids: str | Sequence[Sequence[float]] | None = None,
                 loss_weight: float = 1.) -> None:
        super().__init__()
        self.num_classes, self.loss_weight = num_classes, loss_weight
        self.folded = centroids is None
        self.register_buffer(
            'centroids',
            facing_directions(num_classes)
            if centroids is None else _read(centroids, num_classes),
            persistent=False)

    def classes_of(self, target: Tensor) -> Tensor:
        """Class of every normal (N, 3, H, W), int64 (N, H, W)."""
        if self.folded:
            target = torch.cat([target[:, :2], -target[:, 2:].abs()], 1)
        # half precision would move normals between two directions
        with torch.autocast(target.device.type, enabled=False):
            return torch.einsum('kc,nchw->nkhw', self.centroids.to(target),
                                target).argmax(1)

    def forward(self, pred: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Compute the loss; see the class for shapes."""
        return self.loss_weight * masked_cross_entropy(
            pred, self.classes_of(target), valid)


def _read(centroids: str | Sequence, num_classes: int) -> Tensor:
    """Unit vectors of the option, float32 (K, 3)."""
    what = f'`centroids` of NormalsClusterLoss ({centroids})'
    if not isinstance(centroids, str):
        what = '`centroids` of NormalsClusterLoss'
    try:
        array = np.asarray(
            np.load(centroids) if isinstance(centroids, str) else centroids,
            np.float64)
    except (OSError, ValueError, TypeError, EOFError) as error:
        raise ValueError(
            f'{what} cannot be read as numbers: {error}. Expected are '
            f'{num_classes} directions, shape ({num_classes}, 3), as a list '
            'or as the path of a .npy file; None: evenly spread ones.'
        ) from error
    if array.shape != (num_classes, 3):
        raise ValueError(
            f'{what} must be {num_classes} directions, shape ({num_classes}, '
            f'3), but has shape {array.shape}. Is `num_classes` meant to be '
            f'{len(array) if array.ndim else 1}?')
    length = np.linalg.norm(array, axis=1, keepdims=True)
    if not (np.isfinite(length).all() and (length > 0).all()):
        row = int(np.argmin(np.isfinite(length[:, 0]) & (length[:, 0] > 0)))
        raise ValueError(f'{what} has no direction in row {row}: '
                         f'{array[row].tolist()}')
    return torch.from_numpy(array / length).float()
