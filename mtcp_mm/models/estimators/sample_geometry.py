# Copyright (c) mtcp_mm authors. All rights reserved.
from torch import Tensor

from mtcp_mm.tasks import DenseTask
from ..layers import resize_to


def to_unpadded(task: DenseTask, logits: Tensor, metainfo: dict) -> Tensor:
    """Undo padding and flip of one image.

    Args:
        task (DenseTask): Knows what a flip does to its logits.
        logits (Tensor): Shape (K, H, W), at the size of the input.
        metainfo (dict): ``img_padding_size`` or ``padding_size`` (left,
            right, top, bottom), and ``flip`` with ``flip_direction``. What
            is missing was not done.

    Returns:
        Tensor: Shape (K, h, w).
    """
    left, right, top, bottom = metainfo.get(
        'img_padding_size', metainfo.get('padding_size', (0, ) * 4))
    height, width = logits.shape[-2:]
    logits = logits[:, top:height - bottom, left:width - right]
    if metainfo.get('flip'):
        logits = task.unflip_logits(logits, metainfo['flip_direction'])
    return logits


def to_original(logits: Tensor, metainfo: dict) -> Tensor:
    """Undo the resizing of one image.

    Args:
        logits (Tensor): From :func:`to_unpadded`, shape (K, h, w).
        metainfo (dict): ``ori_shape`` (H, W). If it is missing, the image
            was not resized.

    Returns:
        Tensor: Shape (K, *ori_shape).
    """
    size = metainfo.get('ori_shape', logits.shape[-2:])
    return resize_to(logits[None], size)[0]


def to_unzoomed(task: DenseTask, pred: Tensor, metainfo: dict) -> Tensor:
    """Undo what a zoom did to the values of a prediction.

    Args:
        task (DenseTask): Knows what a zoom does to its labels.
        pred (Tensor): Shape (C, H, W), in the units of the labels.
        metainfo (dict): ``zoom``, the factor of
            :class:`mtcp_mm.MultiTaskRandomResize`: relative to the base size,
            not to the file. A mere ``Resize`` to the base size is none. If
            it is missing, nothing was zoomed.
    """
    zoom = metainfo.get('zoom', 1.)
    return pred if zoom == 1 else task.zoom_label(pred, 1 / zoom)
