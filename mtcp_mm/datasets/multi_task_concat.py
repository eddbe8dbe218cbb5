# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Sequence

from mmengine.dataset import BaseDataset, ConcatDataset

from mtcp_mm.registry import DATASETS


@DATASETS.register_module()
class MultiTaskConcatDataset(ConcatDataset):
    """Data sets with different labels as one, e.g. semseg here, depth there.

    mmengine's ``ConcatDataset`` wants the same metainfo of all. Here every
    data set tells what it knows, its tasks included, and they only must not
    contradict each other about the classes of a task.

    Args:
        datasets (Sequence[BaseDataset | dict]): The data sets; the tasks of
            each may be a part of those of the model.
        lazy_init (bool): See ``ConcatDataset``. Defaults to False.

    Raises:
        ValueError: Two data sets name different classes for one task.
    """

    def __init__(self,
                 datasets: Sequence[BaseDataset | dict],
                 lazy_init: bool = False) -> None:
        datasets = [
            DATASETS.build(d) if isinstance(d, dict) else d for d in datasets
        ]
        if not datasets:
            raise ValueError('MultiTaskConcatDataset needs data sets, but '
                             '`datasets` is empty.')
        keys = sorted({key for d in datasets for key in d.metainfo})
        super().__init__(datasets, lazy_init, ignore_keys=keys)
        self._metainfo = self._merge_metainfo()

    def _merge_metainfo(self) -> dict:
        """What any data set knows; of two answers the first."""
        merged, tasks, task_cfgs = {}, {}, {}
        for i, dataset in enumerate(self.datasets):
            meta = dataset.metainfo
            for task, entry in meta.pop('task_meta', {}).items():
                first, known = tasks.setdefault(task, (i, entry))
                if known.get('classes') != entry.get('classes'):
                    raise ValueError(
                        f'Data sets {first} and {i} of MultiTaskConcatDataset '
                        f'name different classes for task `{task}`: '
                        f'{_short(known)} and {_short(entry)}. Map them onto '
                        'the same ones, or make them two tasks.')
            task_cfgs = {**meta.pop('tasks', {}), **task_cfgs}
            merged = {**meta, **merged}
        task_meta = {task: entry for task, (_, entry) in tasks.items()}
        return dict(merged, task_meta=task_meta, tasks=task_cfgs)


def _short(meta: dict) -> str:
    classes = meta.get('classes') or ()
    return f'{len(classes)} classes ({", ".join(classes[:3])}, ...)'
