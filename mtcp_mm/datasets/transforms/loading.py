# Copyright (c) mtcp_mm authors. All rights reserved.
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO

import cv2
import mmengine.fileio as fileio
import numpy as np
from mmcv.transforms import BaseTransform
from mmengine.logging import print_log
from torch.utils.data import get_worker_info

from mtcp_mm.datasets.camera_files import read_camera
from mtcp_mm.datasets.photos import open_image
from mtcp_mm.registry import TRANSFORMS
from mtcp_mm.tasks import DenseTask
from mtcp_mm.utils.camera import is_copy

PNG = b'\x89PNG\r\n\x1a\n'
#: Bits per channel and colour type of a PNG in 16-bit colours: RGB, RGBA.
DEEP = (b'\x10\x02', b'\x10\x06')


def decode_image(content: bytes) -> np.ndarray:
    """Decode an image that holds labels, without touching its values.

    Args:
        content (bytes): The file.

    Returns:
        np.ndarray: uint8 or uint16 (H, W) as stored: grey values, or the
        indices of a picture with a palette; uint8 or uint16 RGB (H, W, 3)
        where it has colours.
    """
    if content.startswith(PNG) and content[24:26] in DEEP:
        # Pillow would drop the lower byte, OpenCV turns red and blue round
        flags = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR
        with open_image(content):  # refuses a damaged file
            return cv2.imdecode(np.frombuffer(content, np.uint8),
                                flags)[..., ::-1]
    with open_image(content) as image:
        if image.mode in ('1', 'L', 'P'):
            # Pillow stretches grey of 2 and 4 bits to 0..255
            few = re.search(r'L;([24])\b', str(image.tile))
            step = 255 // (2**int(few[1]) - 1) if few else 1
            return np.array(image).astype(np.uint8) // np.uint8(step)
        if image.mode in ('LA', 'PA'):
            return np.array(image)[..., 0]
        if image.mode.startswith('I;16'):
            return np.array(image).astype(np.uint16)
        if image.mode in ('I', 'F'):
            return np.array(image)
        return np.array(image.convert('RGB'))


def decode_npy(content: bytes) -> np.ndarray:
    """Decode an ``.npy`` file, to its end; pickled objects are refused."""
    file = BytesIO(content)
    array = np.lib.format.read_array(file, allow_pickle=False)
    if rest := len(content) - file.tell():
        raise ValueError(f'{rest} bytes follow its {array.dtype} values of '
                         f'shape {array.shape}')
    return array


def fit_to(raw: np.ndarray, height: int, width: int) -> np.ndarray:
    """A label (H, W, ...) in the size of its image, by nearest neighbour.

    As OpenCV picks them, of any type; what is no copy with the same aspect
    stays as it is, and is refused later.
    """
    rows, cols = raw.shape[:2]
    if not is_copy((height, width), (rows, cols)):
        return raw
    return raw[np.arange(height) * rows // height][:,
               np.arange(width) * cols // width]


@TRANSFORMS.register_module()
class LoadMultiTaskAnnotations(BaseTransform):
    """Read the labels of all tasks that this image has.

    Required Keys:

    - tasks: dict of task name to :class:`DenseTask`
    - label_infos: dict of task name to ``dict(path=..., **options)``, the
      options being those of :meth:`DenseTask.decode_label` and those below;
      a task that is not in it has no label here
    - ori_shape (optional): (height, width) that every label has to have

    Modified Keys:

    - gt_<task>: array (H, W) or (H, W, C)
    - seg_fields: gets ``gt_<task>``, so that transforms of mmcv and mmseg
      move every label along, by nearest neighbour

    Of the first :attr:`doubted` labels of a task, the first that is odd
    (:meth:`DenseTask.doubt`) gives a warning, and so does it if no pixel of
    all of them counts.

    Options of a label:

    - decoder (Callable): turns the content of the file (bytes) into an
      array, instead of :attr:`decoders`
    - channel (int): the label is this channel of a picture in colours, or a
      grey picture
    - fit (bool): bring it to the size of the image by nearest neighbour,
      before it is decoded, if the image is a resized copy
    - camera (Camera | dict): see :func:`read_camera`; the task gets it
    - valid (dict): ``path`` and ``decoder`` of a file that tells where the
      label counts, a bool array (H, W)

    Args:
        backend_args (dict, optional): See :mod:`mmengine.fileio`.
    """

    #: How a file is decoded, by its suffix; everything else is an image.
    decoders = {'.npy': decode_npy}
    kinds = {'.npy': 'an array', '.mat': 'a MATLAB file'}
    #: Labels of each task that are doubted, by the first worker only.
    doubted = 8

    def __init__(self, backend_args: dict | None = None) -> None:
        self.backend_args = dict(backend_args) if backend_args else None
        self.seen: dict[str, int] = {}
        self.void: dict[str, bool] = {}

    def transform(self, results: dict) -> dict:
        """Read the labels.

        Raises:
            ValueError: A file is damaged, holds no label of its task, or a
                label of another size than the image.
        """
        image = results.get('img_path')
        shape = results.get('ori_shape')
        for name, task in results['tasks'].items():
            if name in results['label_infos']:
                results[task.gt_key] = self.load(
                    task, results['label_infos'][name], image, shape)
                results['seg_fields'].append(task.gt_key)
        return results

    def load(self,
             task: DenseTask,
             info: Mapping,
             image: str | None = None,
             shape: Sequence[int] | None = None) -> np.ndarray:
        """One label.

        Args:
            task (DenseTask): The task.
            info (Mapping): Its entry in `label_infos`.
            image (str, optional): Path of the image, for error messages.
            shape (Sequence[int], optional): (height, width, ...) of the
                image. None: any will do.
        """
        info = dict(info)
        path, valid = info.pop('path'), info.pop('valid', None)
        raw = self.read(path, info.pop('decoder', None), task.exact)
        channel, fit = info.pop('channel', None), info.pop('fit', False)
        if channel is not None and raw.ndim == 3:
            raw = raw[..., channel]
        if fit and shape is not None:
            raw = fit_to(raw, *shape[:2])
        if 'camera' in info:
            info['camera'] = read_camera(info['camera'], self.backend_args)
        label = task.decode_label(raw, path=path, **info)
        maps = {path: label}
        if valid is not None:
            maps[valid['path']] = self.read(**valid)
        shape = tuple((shape or label.shape)[:2])
        for file, array in maps.items():
            if array.shape[:2] != shape:
                turned = array.shape[1::-1] == shape and (
                    ' The image may be turned by EXIF, its label is not: '
                    'store both the same way up.')
                raise ValueError(
                    f'{file} holds a label of {array.shape[:2]} (height, '
                    f'width) for task `{task.name}`, but the image {image} '
                    f'has {shape}. Are images and labels from the same '
                    f'archive?{turned or ""}')
        if valid is not None:
            label[~maps[valid['path']]] = task.ignore_value
        self.doubt(task, raw, label, path)
        return label

    def doubt(self, task: DenseTask, raw: np.ndarray, label: np.ndarray,
              path: str) -> None:
        """Warn once per task of a label that is probably none."""
        worker, seen = get_worker_info(), self.seen.get(task.name, 0) + 1
        if seen > self.doubted or worker and worker.id:
            return
        last = self.doubted
        if worker:  # may begin anew each epoch: the images it gets
            last = min(last, len(worker.dataset) // worker.num_workers)
        doubt = task.doubt(raw, label)
        self.void[task.name] = (self.void.get(task.name, True)
                                and task.is_void(label))
        if not doubt and self.void[task.name] and seen == max(last, 2):
            doubt = (f'no pixel of it counts, nor of the {seen - 1} before '
                     f'it; it holds {raw.min()} to {raw.max()}. Are these '
                     f'the right files? Else leave `{task.name}` out of '
                     '`tasks`')
        self.seen[task.name] = self.doubted if doubt else seen
        if doubt:
            dot = '' if doubt.endswith('?') else '.'
            print_log(
                f'{path} is doubtful as label of task `{task.name}`: '
                f'{doubt}{dot} Expected: {task.label_format}.', 'current',
                logging.WARNING)

    def read(self,
             path: str,
             decoder: Callable[[bytes], np.ndarray] | None = None,
             exact: bool = False) -> np.ndarray:
        """Content of a label file as it is stored."""
        content = fileio.get(path, backend_args=self.backend_args)
        if exact and content.startswith(b'\xff\xd8\xff'):
            raise ValueError(
                f'{path} is a JPEG, which changes class numbers along every '
                'boundary. Make PNG files from the source of these labels.')
        suffix = '.' + path.rpartition('.')[-1].lower()
        decode = decoder or self.decoders.get(suffix, decode_image)
        try:
            return decode(content)
        except Exception as error:  # a broken file breaks in many ways
            raise ValueError(
                f'{path} ({len(content)} bytes) cannot be read as '
                f'{self.kinds.get(suffix, "an image")}: {error}. '
                'Copy or unpack it again.') from error

    def __repr__(self) -> str:
        return f'{type(self).__name__}(backend_args={self.backend_args})'
