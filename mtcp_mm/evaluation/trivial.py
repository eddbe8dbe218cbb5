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
from mmengine.registry import DATASETS
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import Tensor

from mtcp_mm.tasks import DenseTask


def build_label_dataset(cfg: Mapping) -> BaseDataset:
    """Build a data set that reads labels at their original size, no images.

    Args:
        cfg (Mapping): Config of a data set, or of a wrapper around one or
            several; its ``pipeline`` is replaced.

    Returns:
        BaseDataset: The data set.
    """

    def strip(node: dict) -> None:
        inner = node.get('datasets') or [node.get('dataset')]
        if isinstance(inner[0], Mapping):
            for child in inner:
                strip(child)
        else:
            node['pipeline'] = [dict(type='mtcp_mm.LoadMultiTaskAnnotations')]

    cfg = copy.deepcopy(cfg)
    strip(cfg)
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
        dict[str, Tensor]: Constants (C, 1, 1); a task without any label is
        not in it.
    """
    sums = {}
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
        samples (Iterable[SegDataSample]): Test samples with labels.
        evaluator (Evaluator): With its ``dataset_meta`` set.

    Returns:
        dict[str, float]: Scores, e.g. ``{'depth/rmse': 1.2}``.
    """
    count = 0
    for sample in samples:
        for name, constant in constants.items():
            task = tasks[name]
            if task.gt_key in sample:
                size = sample.get(task.gt_key).shape
                pred = PixelData(data=constant.expand(-1, *size).clone())
                sample.set_data({task.pred_key: pred})
                if task.needs_input_size:  # a constant looks the same there
                    sample.set_data({task.input_size_key: pred})
        evaluator.process([sample])
        count += 1
    return evaluator.evaluate(count)
