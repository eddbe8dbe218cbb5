# Copyright (c) mtcp_mm authors. All rights reserved.
"""Slide inference: windows of an image, their logits averaged."""
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from mtcp_mm.utils.errors import nearest, refuse_unknown

MODES = ('whole', 'slide')
EXAMPLE = ("test_cfg=dict(mode='slide', crop_size=(512, 512), "
           'stride=(341, 341)), both (height, width)')


def check_test_cfg(test_cfg: Mapping) -> None:
    """Refuse what is no way to test.

    Args:
        test_cfg (Mapping): ``mode`` 'whole' (default) or 'slide', and for
            'slide' ``crop_size`` and ``stride``, (height, width) in pixels.
            'whole' leaves these unread, so that the mode alone can be set on
            the command line.

    Raises:
        ValueError: Names the key, what is there and what was expected.
    """
    refuse_unknown('model.test_cfg', test_cfg, ('mode', 'crop_size', 'stride'))
    mode = test_cfg.get('mode', 'whole')
    if mode not in MODES:
        raise ValueError(f"model.test_cfg.mode = {mode!r}, expected is 'whole'"
                         f" or 'slide'.{nearest(str(mode), MODES, .5)}")
    if mode == 'whole':
        return
    for key in ('crop_size', 'stride'):
        size = test_cfg.get(key)
        if not (isinstance(size, Sequence) and len(size) == 2
                and all(type(side) is int and side > 0 for side in size)):
            raise ValueError(
                f"model.test_cfg.{key} = {size!r}, but mode = 'slide' needs "
                f'two whole numbers above 0. Write {EXAMPLE}.')
    crop, stride = test_cfg['crop_size'], test_cfg['stride']
    if any(s > c for s, c in zip(stride, crop)):
        raise ValueError(
            f'model.test_cfg.stride = {tuple(stride)} is larger than '
            f'crop_size = {tuple(crop)}: pixels between the windows would '
            'have no prediction. Make it at most as large; two thirds of the '
            'crop give windows that overlap by a third.')


def window_starts(length: int, crop: int, stride: int) -> list[int]:
    """First pixels of the windows along a side; the last ends at the border.

    >>> window_starts(10, 4, 4), window_starts(8, 4, 4), window_starts(3, 4, 4)
    ([0, 4, 6], [0, 4], [0])
    """
    last = max(length - crop, 0)
    return [*range(0, last, stride), last]


def slide(forward: Callable[[Tensor], Mapping[str, Tensor]], inputs: Tensor,
          crop_size: Sequence[int],
          stride: Sequence[int]) -> dict[str, Tensor]:
    """Mean logits of all windows that see a pixel.

    Windows lie as in mmseg: those at the right and lower border are moved
    inwards, and an image smaller than the window is one window, not padded.
    They are added up one by one; none is kept.

    Args:
        forward (Callable): Logits (N, K, h, w) per task of images
            (N, 3, h, w).
        inputs (Tensor): Images, shape (N, 3, H, W).
        crop_size (Sequence[int]): Height and width of a window.
        stride (Sequence[int]): Steps from window to window, (height, width),
            not above ``crop_size``.

    Returns:
        dict[str, Tensor]: Logits (N, K, H, W) per task.
    """
    size, total = inputs.shape[-2:], {}
    rows, cols = map(window_starts, size, crop_size, stride)
    count = inputs.new_zeros(size, dtype=torch.float32)
    for top in rows:
        for left in cols:
            window = (..., slice(top, top + crop_size[0]),
                      slice(left, left + crop_size[1]))
            count[window] += 1
            for name, logits in forward(inputs[window]).items():
                if name not in total:
                    total[name] = logits.new_zeros(*logits.shape[:2], *size)
                total[name][window] += logits
    return {name: logits.div_(count) for name, logits in total.items()}
