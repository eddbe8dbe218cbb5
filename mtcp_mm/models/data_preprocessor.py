# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import torch.nn.functional as F
from mmengine.structures import PixelData
from mmseg.models import SegDataPreProcessor
from mmseg.structures import SegDataSample
from torch import Tensor

from mtcp_mm.registry import MODELS


@MODELS.register_module()
class MultiTaskDataPreProcessor(SegDataPreProcessor):
    """Normalise and pad images, and pad the labels of all tasks with them.

    Every ``gt_*`` field is padded with the ``pad_value`` of its own metainfo:
    255 is void for a class map, but a depth that looks right. In testing only
    images are padded, the labels keep the size of the file.

    Padding goes to the right and bottom, up to the largest image of the batch
    or ``size``, whichever is larger, and then to a multiple of
    ``size_divisor``. In testing no image may be padded for the sake of
    another, whose size its prediction would depend on: :meth:`split` makes
    batches that need none. A sample's metainfo gets `img_shape` and
    `pad_shape` (height, width) and `padding_size` [left, right, top, bottom],
    in testing under mmseg's name `img_padding_size`, too.

    Args:
        *args: See ``mmseg.SegDataPreProcessor``; `seg_pad_val` is not used.
        test_cfg (dict, optional): ``size`` and ``size_divisor`` in testing.
            Defaults to None: images are not padded.
        **kwargs: As ``*args``.

    Raises:
        ValueError: ``mean`` and ``std`` are not of one length, or a ``std``
            is not above 0.
    """

    def __init__(self, *args, test_cfg: dict | None = None, **kwargs) -> None:
        # Not told of `test_cfg`, the forward of the base class does colours
        # and nothing else, in the official and in the onedl stack.
        super().__init__(*args, **kwargs)
        if self._enable_normalize and (self.mean.shape != self.std.shape
                                       or not (self.std > 0).all()):
            mean, std = (x.flatten().tolist() for x in (self.mean, self.std))
            raise ValueError(
                '`data_preprocessor.mean` and `std` need a number per '
                f'channel, of `std` above 0, but are {mean} and {std}')
        self.test_padding = dict(test_cfg or {})

    def forward(self, data: dict, training: bool = False) -> dict:
        """Preprocess a batch.

        Args:
            data (dict): ``inputs``, images (3, H, W), and ``data_samples``,
                of which in testing there may be none.
            training (bool): Whether labels are padded with their images.

        Returns:
            dict: ``inputs`` (N, 3, H, W) and ``data_samples``.

        Raises:
            ValueError: A label does not fit its image; in testing, padded
                sizes differ.
        """
        data = self.cast_data(data)
        images = [
            super(MultiTaskDataPreProcessor, self).forward(
                dict(inputs=[image]))['inputs'][0] for image in data['inputs']
        ]
        samples = data.get('data_samples')
        padding = self.test_padding
        if training:
            padding = dict(size=self.size, size_divisor=self.size_divisor)
        elif len(sizes := {self._padded_size([x], **padding)
                           for x in images}) > 1:
            raise ValueError(
                'In testing the images of a batch must have one padded size '
                f'(height, width), but there are {sorted(sizes)}: predictions '
                'would depend on the neighbours. Set batch_size=1, or give '
                'the model the parts of MultiTaskDataPreProcessor.split(), as '
                'test_step of MultiTaskEstimator does.')
        height, width = self._padded_size(images, **padding)

        inputs = images[0].new_full(
            (len(images), len(images[0]), height, width), self.pad_val)
        for image, padded in zip(images, inputs):
            padded[:, :image.shape[1], :image.shape[2]] = image
        for image, sample in zip(images, samples or []):
            h, w = image.shape[1:]
            padding_size = [0, width - w, 0, height - h]
            if training:
                self._pad_labels(sample, (h, w), padding_size)
            else:
                sample.set_metainfo(dict(img_padding_size=padding_size))
            sample.set_metainfo(
                dict(
                    img_shape=(h, w),
                    pad_shape=(height, width),
                    padding_size=padding_size))
        if training and self.batch_augments is not None:
            inputs, samples = self.batch_augments(inputs, samples)
        return dict(inputs=inputs, data_samples=samples)

    def split(self, data: dict) -> list[tuple[list[int], dict]]:
        """Parts of a test batch whose images have one padded size each.

        Args:
            data (dict): As :meth:`forward` takes it.

        Returns:
            list[tuple[list[int], dict]]: Numbers of the images in the batch,
            and their part of ``data``.
        """
        groups: dict[tuple[int, int], list[int]] = {}
        for i, image in enumerate(data['inputs']):
            size = self._padded_size([image], **self.test_padding)
            groups.setdefault(size, []).append(i)
        return [(rows, {
            key: [values[i] for i in rows]
            for key, values in data.items() if values is not None
        }) for rows in groups.values()]

    @staticmethod
    def _padded_size(images: Sequence[Tensor],
                     size: Sequence[int] | None = None,
                     size_divisor: int | None = None) -> tuple[int, int]:
        """Height and width that hold every image."""
        shapes = [image.shape[1:] for image in images] + [size or (0, 0)]
        multiple = size_divisor or 1
        height, width = (-(-max(side) // multiple) * multiple
                         for side in zip(*shapes))
        return height, width

    @staticmethod
    def _pad_labels(sample: SegDataSample, shape: tuple[int, int],
                    padding_size: list[int]) -> None:
        """Pad the labels of one sample in place."""
        for key in sample.keys():
            field = sample.get(key)
            if not key.startswith('gt_') or not isinstance(field, PixelData):
                continue
            if tuple(field.shape) != shape:
                raise ValueError(
                    f'`{key}` has {tuple(field.shape)} (height, width), but '
                    f'its image has {shape}: {sample.get("img_path")}. In '
                    'training, every transform after the labels are loaded '
                    'has to move them, too.')
            if 'pad_value' not in field.metainfo:
                raise ValueError(
                    f'`{key}` does not tell what it is padded with. Let '
                    'mtcp_mm.PackMultiTaskInputs pack it, or give its '
                    'PixelData metainfo=dict(pad_value=...).')
            data = F.pad(
                field.data, padding_size, value=field.metainfo['pad_value'])
            sample.set_data(
                {key: PixelData(metainfo=field.metainfo, data=data)})
