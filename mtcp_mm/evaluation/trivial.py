# Copyright (c) mtcp_mm authors. All rights reserved.
"""How well does an answer score that never looks at the image?

The best constant of every task (most frequent class, mean depth, mean
normal), learned on the training labels and scored like a model. A network
that is not clearly better has learned nothing.
"""
import copy
from collections.abc import Iterable, Iterator, Mapping

from mmengine.dataset import BaseDataset
from mmengine.evaluator import Evaluator
from mmengine.logging import print_log
from mmengine.registry import DATASETS
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import Tensor

from mtcp_mm.tasks import DenseTask
from mtcp_mm.utils.config_tree import dataset_leaves


def build_label_dataset(cfg: Mapping) -> BaseDataset:
    """Build a data set that reads labels at their original size, no images.

    Args:
        cfg (Mapping): Config of a data set, or of a wrapper around one or
            several; its ``pipeline`` is replaced.

    Returns:
        BaseDataset: The data set.
    """
    cfg = copy.deepcopy(cfg)
    for _, leaf in dataset_leaves(cfg):
        leaf['pipeline'] = [dict(type='mtcp_mm.LoadMultiTaskAnnotations')]
    return DATASETS.build(cfg)


def iter_labels(dataset: BaseDataset) -> Iterator[SegDataSample]:
    """Samples with ``gt_<task>`` only, from :func:`build_label_dataset`."""
    for index in range(len(dataset)):
        results = dataset[index]
        sample = SegDataSample(metainfo=dict(img_path=results['img_path']))
        sample.set_data({
            task.gt_key:
            PixelData(data=task.label_to_tensor(results[task.gt_key]))
            for task in results['tasks'].values() if task.gt_key in results
        })
        yield sample


def fit_constants(tasks: Mapping[str, DenseTask],
                  samples: Iterable[SegDataSample]) -> dict[str, Tensor]:
    """Best constant answer of every task.

    Args:
        tasks (Mapping): The tasks.
        samples (Iterable[SegDataSample]): Training samples with labels.

    Returns:
        dict[str, Tensor]: Constants (C, 1, 1); not of a task without any
        label, one that only helps, or one without ``constant_sums`` and
        ``constant_prediction``.
    """
    sums = {}
    tasks = {name: task for name, task in tasks.items() if not task.helper}
    for name, task in list(tasks.items()):
        if not hasattr(task, 'constant_sums'):
            del tasks[name]
            print_log(
                f'{type(task).__name__} has no `constant_sums`: task '
                f'`{name}` has no trivial answer.', 'current')
    for sample in samples:
        for name, task in tasks.items():
            if task.gt_key in sample:
                part = task.constant_sums(sample.get(task.gt_key).data)
                sums[name] = sums.get(name, 0) + part
    return {name: tasks[name].constant_prediction(s)
            for name, s in sums.items()}


def score_constants(tasks: Mapping[str, DenseTask],
                    constants: Mapping[str, Tensor],
                    samples: Iterable[SegDataSample],
                    evaluator: Evaluator) -> dict[str, float]:
    """Score constant answers like those of a model.

    Args:
        tasks (Mapping): The tasks.
        constants (Mapping): From :func:`fit_constants`.
        samples (Iterable[SegDataSample]): Test samples with labels; those
            of a task without a constant are not scored.
        evaluator (Evaluator): With its ``dataset_meta`` set.

    Returns:
        dict[str, float]: Scores, e.g. ``{'depth/rmse': 1.2}``.
    """
    count = 0
    for sample in samples:
        for name, task in tasks.items():
            if task.gt_key in sample and name not in constants:
                delattr(sample, task.gt_key)
            elif task.gt_key in sample:
                size = sample.get(task.gt_key).shape
                pred = PixelData(
                    data=constants[name].expand(-1, *size).clone())
                # a constant looks the same at the size of the input
                sample.set_data(
                    {task.pred_key: pred, task.input_size_key: pred})
        evaluator.process([sample])
        count += 1
    return evaluator.evaluate(count)
