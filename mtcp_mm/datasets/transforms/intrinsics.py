# Copyright (c) mtcp_mm authors. All rights reserved.
"""Intrinsics follow the image through the transforms.

`intrinsics` is the camera matrix of the image as it is at the moment, float64
(3, 3); the centre of pixel (0, 0) has the coordinates (0, 0).
"""
import numpy as np


def intrinsics_of(results: dict) -> np.ndarray | None:
    """Intrinsics of the image as it is now; None: its camera is not known.

    A plain resize, mmseg's too, is seen from the size of the image.

    Raises:
        ValueError: The image was cropped by something that leaves
            `intrinsics` alone, or is no copy of what the camera takes.
    """
    if results.get('camera') is None:
        return None
    size = results['img'].shape[:2]
    if 'intrinsics' not in results:
        before = results['ori_shape'][:2]
        matrix = results['camera'].of_copy(*before).matrix
    else:
        before, matrix = results['intrinsics_shape'], results['intrinsics']
    if before != size:
        told = results.get('scale_factor', (1, 1))[::-1]
        if any(abs(b * t - s) > 1 for b, t, s in zip(before, told, size)):
            raise ValueError(
                f'The image has {size} (height, width) now and had {before}, '
                'but no resize did that, and its intrinsics did not follow: '
                f'{results.get("img_path")}. Crop with '
                'mtcp_mm.MultiTaskRandomCrop, which takes them along.')
        sy, sx = (s / b for s, b in zip(size, before))
        matrix = np.array([[sx, 0, (sx - 1) / 2], [0, sy, (sy - 1) / 2],
                           [0, 0, 1]]) @ matrix
    return matrix


def move_intrinsics(results: dict,
                    pixels: np.ndarray,
                    turn: np.ndarray | None = None,
                    size: tuple[int, int] | None = None) -> None:
    """Take the intrinsics along; called before the image is moved.

    Args:
        results (dict): What the pipeline holds.
        pixels (np.ndarray): Old to new coordinates of pixels, (3, 3).
        turn (np.ndarray, optional): Old to new directions, (3, 3), where the
            camera itself turns or is seen in a mirror.
        size (tuple[int, int], optional): New (height, width). Defaults to
            that of the image.
    """
    matrix = intrinsics_of(results)
    if matrix is not None:
        back = np.eye(3) if turn is None else np.linalg.inv(turn)
        results['intrinsics'] = pixels @ matrix @ back
        results['intrinsics_shape'] = size or results['img'].shape[:2]
