# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import numpy as np
from mmseg.datasets.transforms import RandomFlip

from mtcp_mm.registry import TRANSFORMS
from .intrinsics import move_intrinsics

DIRECTIONS = ('horizontal', 'vertical')


@TRANSFORMS.register_module()
class MultiTaskRandomFlip(RandomFlip):
    """Mirror the image, its intrinsics and every label.

    :meth:`DenseTask.flip_label` corrects the values: the x of a normal
    changes its sign, left and right parts swap. mmseg's ``swap_seg_labels``
    is not offered, as it would rewrite the labels of all tasks.

    Keys as in mmseg's ``RandomFlip``, with `tasks` and `seg_fields`.

    Args:
        prob (float | list[float]): Probability, of each direction if a list.
        direction (str | Sequence[str]): 'horizontal', 'vertical' or
            'diagonal' (both). Defaults to 'horizontal'.
    """

    def __init__(self,
                 prob: float | list[float],
                 direction: str | Sequence[str] = 'horizontal') -> None:
        super().__init__(prob, direction)

    def _flip(self, results: dict) -> None:
        height, width = results['img'].shape[:2]
        pixels, turn = np.eye(3), np.eye(3)
        for axis, side in ((0, width), (1, height)):
            if results['flip_direction'] in (DIRECTIONS[axis], 'diagonal'):
                pixels[axis] = np.eye(3)[2] * (side - 1) - np.eye(3)[axis]
                turn[axis, axis] = -1
        move_intrinsics(results, pixels, turn)
        super()._flip(results)
        for task in results.get('tasks', {}).values():
            if task.gt_key in results:
                results[task.gt_key] = task.flip_label(
                    results[task.gt_key], results['flip_direction'])
