# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from mmcv.transforms.utils import cache_randomness

from mtcp_mm.registry import TRANSFORMS
from .intrinsics import move_intrinsics


@TRANSFORMS.register_module()
class MultiTaskRandomRotate(BaseTransform):
    """Roll the camera: turn the image and every label about the centre.

    The canvas keeps its size. What comes in at the corners is void in every
    label (mmseg's ``RandomRotate`` has one value for all, and the code that
    this field shares makes it class 0), and
    :meth:`DenseTask.rotate_label` corrects the values: normals turn along.
    Use it before anything that changes the aspect ratio; a picture that is
    squeezed first would be sheared, not rotated.

    Required Keys:

    - img
    - tasks
    - gt_<task> (optional)

    Modified Keys:

    - img: by bilinear interpolation
    - gt_<task>: by nearest neighbour

    Args:
        degrees (float | Sequence[float]): Smallest and largest angle, > 0
            clockwise; one number: the range (-degrees, degrees).
        prob (float): Probability. Defaults to 1.
        pad_val (float | Sequence[float]): Colour of the corners, in the
            channels of the image. Defaults to 0, black.

    Raises:
        ValueError: No such range, or no such probability.
    """

    def __init__(self,
                 degrees: float | Sequence[float],
                 prob: float = 1.,
                 pad_val: float | Sequence[float] = 0) -> None:
        if isinstance(degrees, (int, float)):
            degrees = (-degrees, degrees)
        if len(degrees) != 2 or not -180 <= degrees[0] <= degrees[1] <= 180:
            raise ValueError('`degrees` must be one angle, or (smallest, '
                             f'largest) within +-180, but is {degrees}')
        if not 0 <= prob <= 1:
            raise ValueError(f'`prob` must be in 0..1, but is {prob}')
        self.degrees = tuple(degrees)
        self.prob = prob
        self.pad_val = pad_val

    @cache_randomness
    def draw_angle(self) -> float | None:
        """Degrees clockwise; None: leave the picture alone."""
        if np.random.rand() >= self.prob:
            return None
        return float(np.random.uniform(*self.degrees))

    def transform(self, results: dict) -> dict:
        """Rotate the image and its labels."""
        angle = self.draw_angle()
        if angle is None:
            return results
        self.roll(results, angle)
        results['img'] = self.rotate(results['img'], angle, self.pad_val,
                                     'bilinear')
        for task in results['tasks'].values():
            if task.gt_key in results:
                label = self.rotate(results[task.gt_key], angle,
                                    task.ignore_value, 'nearest')
                results[task.gt_key] = task.rotate_label(label, angle)
        return results

    @staticmethod
    def roll(results: dict, angle: float) -> None:
        """Take the intrinsics along."""
        cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
        height, width = results['img'].shape[:2]
        centre = np.eye(3)
        centre[:2, 2] = (width - 1) / 2, (height - 1) / 2
        move_intrinsics(results, centre @ turn @ np.linalg.inv(centre), turn)

    @staticmethod
    def rotate(picture: np.ndarray, angle: float,
               border: float | Sequence[float],
               interpolation: str) -> np.ndarray:
        """Rotate an array (H, W) or (H, W, up to 4), dtype as it was."""
        if isinstance(border, (int, float)):
            border = (border, ) * 4  # OpenCV gives channel 0 a lone number
        return mmcv.imrotate(
            picture,
            angle,
            border_value=tuple(border),
            interpolation=interpolation)

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(degrees={self.degrees}, '
                f'prob={self.prob}, pad_val={self.pad_val})')
