# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

import numpy as np
from mmengine.structures import PixelData
from mmseg.datasets.transforms import PackSegInputs

from mtcp_mm.registry import TRANSFORMS
from .intrinsics import move_intrinsics


@TRANSFORMS.register_module()
class PackMultiTaskInputs(PackSegInputs):
    """Pack the image and the labels of all tasks for the model.

    The output is ``dict(inputs=..., data_samples=...)``: the image as uint8
    tensor (3, H, W), and a ``SegDataSample`` with one field ``gt_<task>`` per
    label, a ``PixelData`` (C, H, W) whose metainfo ``pad_value`` tells what
    it is to be padded with. A label that the image lacks is not there.

    Required Keys:

    - img
    - tasks
    - gt_<task> (optional)
    - camera (optional): gives the metainfo `intrinsics`, the camera matrix of
      the image as it is packed, float64 (3, 3)

    Args:
        meta_keys (Sequence[str]): Entries that go into the sample's metainfo,
            where they are present.
    """

    def __init__(
        self,
        meta_keys: Sequence[str] = ('img_path', 'sample_id', 'sample_idx',
                                    'ori_shape', 'img_shape', 'pad_shape',
                                    'scale_factor', 'zoom', 'flip',
                                    'flip_direction', 'intrinsics')
    ) -> None:
        super().__init__(tuple(meta_keys))

    def transform(self, results: dict) -> dict:
        """Pack; the data set's `tasks` stay behind."""
        labels = {
            task.gt_key: task
            for task in results.get('tasks', {}).values()
            if task.gt_key in results
        }
        move_intrinsics(results, np.eye(3))  # up to here
        # Without the labels: a task may have a name that mmseg packs its way.
        packed = super().transform(
            {k: v
             for k, v in results.items() if k not in labels})
        packed['data_samples'].set_data({
            key: PixelData(
                metainfo=dict(pad_value=task.ignore_value),
                data=task.label_to_tensor(results[key]))
            for key, task in labels.items()
        })
        return packed
