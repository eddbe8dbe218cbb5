# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import numpy as np
from mmseg.datasets.transforms import RandomCrop

from mtcp_mm.registry import TRANSFORMS
from .intrinsics import move_intrinsics


@TRANSFORMS.register_module()
class MultiTaskRandomCrop(RandomCrop):
    """Cut the same random window out of the image and every label.

    An image that is smaller than the window stays as small as it is: the
    data preprocessor pads it, with each label's own void value.

    Keys as in mmseg's ``RandomCrop``, with `tasks` in place of `gt_seg_map`.

    Args:
        crop_size (int | Sequence[int]): (height, width).
        cat_max_ratio (float): Draw again, up to ten times, while one class
            covers this share of the labelled pixels. Defaults to 1: never.
        cat_task (str, optional): Task whose label decides this. An image
            without that label is cropped anywhere.
    """

    def __init__(self,
                 crop_size: int | Sequence[int],
                 cat_max_ratio: float = 1.,
                 cat_task: str | None = None) -> None:
        if cat_max_ratio < 1 and cat_task is None:
            raise ValueError(f'`cat_max_ratio={cat_max_ratio}` needs '
                             '`cat_task`: the task whose classes are counted')
        if not isinstance(crop_size, int):
            crop_size = tuple(crop_size)
        super().__init__(crop_size, cat_max_ratio)
        self.cat_task = cat_task
        self.anywhere = RandomCrop(crop_size)

    def crop_bbox(self, results: dict) -> tuple[int, int, int, int]:
        """Window (top, bottom, left, right); intrinsics move into it.

        They do so here since only here the window is known.
        """
        window = self.draw_window(results)
        top, bottom, left, right = window
        height, width = results['img'].shape[:2]
        move_intrinsics(
            results,
            np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]]),
            size=(min(bottom, height) - top, min(right, width) - left))
        return window

    def draw_window(self, results: dict) -> tuple[int, int, int, int]:
        """Window (top, bottom, left, right)."""
        if self.cat_task is None:
            return self.anywhere.crop_bbox(results)
        if self.cat_task not in results['tasks']:
            raise ValueError(
                f'`cat_task={self.cat_task!r}` of {type(self).__name__} is '
                f'none of the tasks: {", ".join(results["tasks"])}')
        task = results['tasks'][self.cat_task]
        if task.gt_key not in results:
            return self.anywhere.crop_bbox(results)
        self.ignore_index = task.ignore_value
        return super().crop_bbox(
            dict(img=results['img'], gt_seg_map=results[task.gt_key]))

    def transform(self, results: dict) -> dict:
        """Crop the image and its labels.

        Raises:
            ValueError: A label does not have the size of the image.
        """
        size = results['img'].shape[:2]
        for key in results['seg_fields']:
            if results[key].shape[:2] != size:
                raise ValueError(
                    f'The image has {size} (height, width) before the crop, '
                    f'but `{key}` has {results[key].shape[:2]}: '
                    f'{results.get("img_path")}. Is there a resize before it '
                    "in the pipeline that is not mmseg's?")
        return super().transform(results)

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(crop_size={self.crop_size}, '
                f'cat_max_ratio={self.cat_max_ratio}, '
                f'cat_task={self.cat_task!r})')
