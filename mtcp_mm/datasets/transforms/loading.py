# Copyright (c) mtcp_mm authors. All rights reserved.
from io import BytesIO

import mmengine.fileio as fileio
import numpy as np
from mmcv.transforms import BaseTransform
from PIL import Image

from mtcp_mm.registry import TRANSFORMS


def decode_image(content: bytes) -> np.ndarray:
    """Decode an image that holds labels, without touching its values.

    Args:
        content (bytes): The file.

    Returns:
        np.ndarray: uint8 or uint16 (H, W) as stored: grey values, or the
        indices of a picture with a palette; uint8 RGB (H, W, 3) where it has
        colours.
    """
    with Image.open(BytesIO(content)) as image:
        if image.mode in ('1', 'L', 'P'):
            return np.array(image).astype(np.uint8)
        if image.mode == 'LA':
            return np.array(image)[..., 0]
        if image.mode.startswith('I;16'):
            return np.array(image).astype(np.uint16)
        if image.mode in ('I', 'F'):
            return np.array(image)
        return np.array(image.convert('RGB'))


def decode_npy(content: bytes) -> np.ndarray:
    """Decode an ``.npy`` file; pickled objects are refused."""
    return np.lib.format.read_array(BytesIO(content), allow_pickle=False)


@TRANSFORMS.register_module()
class LoadMultiTaskAnnotations(BaseTransform):
    """Read the labels of all tasks that this image has.

    Required Keys:

    - tasks: dict of task name to :class:`DenseTask`
    - label_infos: dict of task name to ``dict(path=..., **options)``, the
      options being those of :meth:`DenseTask.decode_label`; a task that is
      not in it has no label here
    - ori_shape (optional): (height, width) that every label has to have

    Modified Keys:

    - gt_<task>: array (H, W) or (H, W, C)
    - seg_fields: gets ``gt_<task>``, so that transforms of mmcv and mmseg
      move every label along, by nearest neighbour

    Args:
        backend_args (dict, optional): See :mod:`mmengine.fileio`.
    """

    #: How a file is decoded, by its suffix; everything else is an image.
    decoders = {'.npy': decode_npy}

    def __init__(self, backend_args: dict | None = None) -> None:
        self.backend_args = dict(backend_args) if backend_args else None

    def transform(self, results: dict) -> dict:
        """Read the labels.

        Raises:
            ValueError: A file is damaged, holds no label of its task, or a
                label of another size than the image.
        """
        for name, task in results['tasks'].items():
            if name not in results['label_infos']:
                continue
            options = dict(results['label_infos'][name])
            path = options.pop('path')
            label = task.decode_label(self.read(path), path=path, **options)
            shape = tuple(results.get('ori_shape', label.shape)[:2])
            if label.shape[:2] != shape:
                raise ValueError(
                    f'{path} holds a label of {label.shape[:2]} (height, '
                    f'width) for task `{name}`, but the image '
                    f'{results.get("img_path")} has {shape}. Are images and '
                    'labels from the same archive?')
            results[task.gt_key] = label
            results['seg_fields'].append(task.gt_key)
        return results

    def read(self, path: str) -> np.ndarray:
        """Content of a label file as it is stored."""
        content = fileio.get(path, backend_args=self.backend_args)
        suffix = '.' + path.rpartition('.')[-1].lower()
        decode = self.decoders.get(suffix, decode_image)
        try:
            return decode(content)
        except Exception as error:  # a broken file breaks in many ways
            raise ValueError(
                f'{path} ({len(content)} bytes) cannot be read as '
                f'{"an array" if suffix == ".npy" else "an image"}: {error}. '
                'Copy or unpack it again.') from error

    def __repr__(self) -> str:
        return f'{type(self).__name__}(backend_args={self.backend_args})'
