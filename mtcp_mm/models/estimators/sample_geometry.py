# Copyright (c) mtcp_mm authors. All rights reserved.
from torch import Tensor

from mtcp_mm.tasks import DenseTask
from ..layers import resize_to


def to_original(task: DenseTask, logits: Tensor, metainfo: dict) -> Tensor:
    """Undo padding, flip and resizing of one image.

    Args:
        task (DenseTask): Knows what a flip does to its logits.
        logits (Tensor): Shape (K, H, W), at the size of the input.
        metainfo (dict): ``img_padding_size`` or ``padding_size`` (left,
            right, top, bottom), ``flip`` with ``flip_direction``, and
            ``ori_shape`` (H, W). What is missing was not done.

    Returns:
        Tensor: Shape (K, *ori_shape).
    """
    left, right, top, bottom = metainfo.get(
        'img_padding_size', metainfo.get('padding_size', (0, ) * 4))
    height, width = logits.shape[-2:]
    logits = logits[:, top:height - bottom, left:width - right]
    if metainfo.get('flip'):
        logits = task.unflip_logits(logits, metainfo['flip_direction'])
    return resize_to(logits[None], metainfo.get('ori_shape',
                                                logits.shape[-2:]))[0]
