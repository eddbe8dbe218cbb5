# Copyright (c) mtcp_mm authors. All rights reserved.
"""From the logits of a batch to the fields of its samples."""
from collections.abc import Callable, Mapping, Sequence

from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import Tensor

from mtcp_mm.tasks import DenseTask
from mtcp_mm.utils.numbers import NumbersError
from .sample_geometry import to_original, to_unpadded, to_unzoomed

#: Task, its logits (K, h, w) at the size of the input, and the metainfo of
#: the sample, to fields.
Answer = Callable[[DenseTask, Tensor, dict], dict[str, Tensor]]


def predictions(task: DenseTask, seen: Tensor,
                metainfo: dict) -> dict[str, Tensor]:
    """``pred_<task>`` in the original size, and ``pred_<task>_input``.

    One tensor where both sizes are equal.
    """
    full = to_original(seen, metainfo)
    pred = to_unzoomed(task, task.predict(full), metainfo)
    small = pred if full.shape == seen.shape else to_unzoomed(
        task, task.predict(seen), metainfo)
    return {task.pred_key: pred, task.input_size_key: small}


def averageable(task: DenseTask, seen: Tensor,
                metainfo: dict) -> dict[str, Tensor]:
    """``pred_<task>`` as :meth:`DenseTask.to_average` has it.

    Raises:
        TypeError: Its values are no floats.
    """
    values = task.to_average(to_original(seen, metainfo))
    if not values.is_floating_point():
        raise TypeError(
            f'{type(task).__name__} predicts {values.dtype}, of which there '
            'is no mean. For test-time augmentation it needs `to_average` and '
            '`from_average`: see mtcp_mm/tasks/semseg.py.')
    return {task.pred_key: to_unzoomed(task, values, metainfo)}


def answer(logits: Mapping[str, Tensor], tasks: Mapping[str, DenseTask],
           data_samples: Sequence[SegDataSample], what: Answer) -> None:
    """Add fields to samples, in place.

    Args:
        logits (Mapping[str, Tensor]): (N, K, H, W) per task, at the size of
            the input.
        tasks (Mapping[str, DenseTask]): By name.
        data_samples (Sequence[SegDataSample]): N samples.
        what (Answer): :func:`predictions` or :func:`averageable`.

    Raises:
        NumbersError: Logits are NaN.
    """
    for i, sample in enumerate(data_samples):
        for name, x in logits.items():
            if x[i].isnan().any():  # argmax would make class 0 of it
                raise NumbersError(
                    f'{sample.get("img_path", f"image {i}")}, task '
                    f'`{name}`: the network gives NaN. Are its weights '
                    'finite, and is its precision sufficient?')
            seen = to_unpadded(tasks[name], x[i], sample.metainfo)
            fields = what(tasks[name], seen, sample.metainfo)
            sample.set_data(
                {key: PixelData(data=data) for key, data in fields.items()})
