# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import mmcv
import numpy as np
from mmcv.transforms import RandomResize

from mtcp_mm.registry import TRANSFORMS
from .intrinsics import move_intrinsics


@TRANSFORMS.register_module()
class MultiTaskRandomResize(RandomResize):
    """Zoom in or out by a random factor.

    The labels follow by nearest neighbour, and :meth:`DenseTask.zoom_label`
    corrects their values: what looks twice as large is half as far away. The
    factor is relative to ``scale``, not to the size of the file: test images
    are brought to ``scale`` by a fixed ``Resize``, which leaves depth alone,
    and in training a factor of 1 must show the network the same thing.

    Keys as in :class:`mmcv.transforms.RandomResize`, with `tasks` and
    `seg_fields`; `zoom` gets the factor, by which a prediction is turned
    back.

    Args:
        scale (Sequence[int], optional): Base size (width, height). None: the
            size that the image has.
        ratio_range (Sequence[float]): Smallest and largest factor.
        **resize_kwargs: Options of mmseg's ``Resize``, e.g. ``keep_ratio``.
    """

    def __init__(self, scale: Sequence[int] | None,
                 ratio_range: Sequence[float], **resize_kwargs) -> None:
        if scale is not None and (
                len(scale) != 2 or not all(isinstance(s, int) for s in scale)):
            raise ValueError('`scale` must be one base size (width, height) '
                             f'in pixels, to which factors relate: {scale}')
        if len(ratio_range) != 2 or not 0 < ratio_range[0] <= ratio_range[1]:
            raise ValueError('`ratio_range` must be (smallest, largest) > 0: '
                             f'{ratio_range}')
        # With the scope spelled out: a bare `Resize` may be mmcv's, which
        # leaves all `seg_fields` but `gt_seg_map` as they are.
        super().__init__(
            scale and tuple(scale),
            tuple(ratio_range),
            resize_type='mmseg.Resize',
            **resize_kwargs)

    def transform(self, results: dict) -> dict:
        """Resize the image and its labels."""
        height, width = results['img'].shape[:2]
        base = self.scale or (width, height)
        results['scale'] = self._random_sample_ratio(base, self.ratio_range)
        self.resize.scale = results['scale']
        if self.resize.keep_ratio:
            base = mmcv.rescale_size((width, height), base)
        move_intrinsics(results, np.eye(3))  # up to here
        results = self.resize(results)
        height, width = results['img_shape']
        # two factors, as sizes are whole pixels; their mean is closest
        factor = (width * height / (base[0] * base[1]))**0.5
        results['zoom'] = results.get('zoom', 1.) * factor
        for task in results.get('tasks', {}).values():
            if task.gt_key in results:
                results[task.gt_key] = task.zoom_label(results[task.gt_key],
                                                       factor)
        return results
