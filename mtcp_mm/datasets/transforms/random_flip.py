# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

from mmseg.datasets.transforms import RandomFlip

from mtcp_mm.registry import TRANSFORMS


@TRANSFORMS.register_module()
class MultiTaskRandomFlip(RandomFlip):
    """Mirror the image and every label.

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
        super()._flip(results)
        for task in results['tasks'].values():
            if task.gt_key in results:
                results[task.gt_key] = task.flip_label(
                    results[task.gt_key], results['flip_direction'])
