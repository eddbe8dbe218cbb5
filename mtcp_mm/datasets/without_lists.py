# Copyright (c) mtcp_mm authors. All rights reserved.
import logging
import random
from abc import abstractmethod
from collections.abc import Callable, Iterable

from mmengine.logging import print_log

from mtcp_mm.utils.errors import DataNotFoundError
from .base import MultiTaskDataset
from .folder import DataFolder

#: Share of the images, or of the groups of images, that train.
TRAIN_SHARE = 0.8


class DatasetWithoutLists(MultiTaskDataset):
    """A data set that ships no lists: a rule says who is in which split.

    Args:
        data_root (str): Folder of the data set.
        tasks (Mapping): Task name to config.
        split (str): One of :attr:`splits`. Defaults to 'train'.
        **kwargs: See :class:`MultiTaskDataset`.

    Raises:
        ValueError: No such split.
    """

    split_dir = None
    splits: tuple[str, ...] = ('train', 'val')

    def __init__(self, data_root=None, tasks=None, split='train',
                 **kwargs) -> None:
        if split not in self.splits:
            raise ValueError(f'{type(self).__name__} has no split {split!r}: '
                             f'use {" or ".join(self.splits)}.')
        super().__init__(data_root, tasks, split, **kwargs)

    @abstractmethod
    def ids_of(self, folder: DataFolder, split: str) -> list[str]:
        """Ids of the images of a split, sorted; [] if there are none.

        Raises:
            FileNotFoundError: A part that was asked for is not there.
        """

    def _read_split(self, folder: DataFolder) -> list[str]:
        self._require_root(folder)
        ids = self.ids_of(folder, self.split)
        if not ids:
            raise DataNotFoundError(
                f'{folder.root} holds no image of split `{self.split}` of '
                f'{type(self).__name__}. {self._expected()}')
        return ids


def seeded_split(ids: Iterable[str], split: str, seed: int,
                 group: Callable[[str], str] = str) -> list[str]:
    """Images by lot; those of one group are on the same side.

    Args:
        ids (Iterable[str]): All images.
        split (str): 'train' or 'val'; anything else: all.
        seed (int): Of the lot.
        group (Callable): Id of an image to name of its group.
    """
    ids = sorted(ids)
    if split not in ('train', 'val'):
        return ids
    groups = sorted({group(i) for i in ids})
    random.Random(seed).shuffle(groups)
    border = int(TRAIN_SHARE * len(groups))
    chosen = set(groups[:border] if split == 'train' else groups[border:])
    return [i for i in ids if group(i) in chosen]


def leaking_split(ids: Iterable[str], split: str, seed: int) -> list[str]:
    """The split of DenseMTL's code, in which 80 % of val are in train, too.

    There every data set shuffles the whole list anew, and the random numbers
    of the second shuffle are others. The order of its list depends on the
    file system, so these are not its very images.
    """
    ids, rng = sorted(ids), random.Random(seed)
    if split not in ('train', 'val'):
        return ids
    print_log(
        f'Split `{split}` of `released_leaking`: 80 % of the images of val '
        'are also in train, so scores are far too good. Compare them to the '
        'released code only.', 'current', logging.WARNING)
    border, shuffled = int(TRAIN_SHARE * len(ids)), ids.copy()
    rng.shuffle(shuffled)
    if split == 'train':
        return sorted(shuffled[:border])
    shuffled = ids.copy()
    rng.shuffle(shuffled)
    return sorted(shuffled[border:])
