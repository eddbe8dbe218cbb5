# Copyright (c) mtcp_mm authors. All rights reserved.
"""Randomness of a training that can start again at any epoch.

What is drawn for an image follows from (seed, rank, epoch, place in the
epoch), not from what was drawn before it: it does not matter which worker
loads it, whether workers persist, or where the run was started.
"""
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from mmengine.registry import DATA_SAMPLERS, DATASETS
from torch.utils.data import Dataset, Sampler


def seed_everything(*parts: int) -> None:
    """Seed Python, NumPy and torch from several numbers.

    Args:
        *parts (int): Not negative. Other numbers, other streams.
    """
    seed = int(np.random.SeedSequence(parts).generate_state(1)[0])
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


class SeededIndex(int):
    """An index that knows the seed of what is drawn for it."""

    def __new__(cls, index: int, parts: tuple[int, ...]) -> 'SeededIndex':
        """Of an index and the numbers of its seed."""
        new = super().__new__(cls, index)
        new.parts = parts
        return new

    def __getnewargs__(self) -> tuple:
        return int(self), self.parts


class _Around:
    """Answers as what it is around, where it does not know better.

    What is set goes there, too: hooks that switch pipelines do that.
    """

    own = ('inner', 'seed', 'rank', 'epoch')

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.own:
            object.__setattr__(self, name, value)
        else:
            setattr(self.inner, name, value)

    def __len__(self) -> int:
        return len(self.inner)

    def __getattr__(self, name: str) -> Any:
        if name == 'inner' or name.startswith('__'):  # not there yet
            raise AttributeError(name)
        return getattr(self.inner, name)

    def __deepcopy__(self, memo: dict) -> '_Around':
        return self  # mmengine copies configs of loaders


class SeededSampler(_Around, Sampler):
    """The indices of a sampler, with seeds.

    Args:
        sampler (Sampler): Its ``set_epoch`` is called, if it has one.
        seed (int): Of the run.
        rank (int): Of the process.
    """

    def __init__(self, sampler: Sampler, seed: int, rank: int) -> None:
        super().__init__(sampler)
        self.seed, self.rank, self.epoch = seed, rank, 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the order and the seeds of an epoch."""
        self.epoch = epoch
        if hasattr(self.inner, 'set_epoch'):
            self.inner.set_epoch(epoch)

    def __iter__(self) -> Iterator[SeededIndex]:
        epoch = self.epoch
        for place, index in enumerate(self.inner):
            yield SeededIndex(index, (self.seed, self.rank, epoch, place))


class SeededDataset(_Around, Dataset):
    """A data set that draws what belongs to a :class:`SeededIndex`."""

    def __getitem__(self, index: int) -> Any:
        if isinstance(index, SeededIndex):
            seed_everything(*index.parts)
        return self.inner[int(index)]


def seeded_loader(cfg: dict, seed: int, rank: int,
                  diff_rank_seed: bool) -> dict:
    """Config of a loader, with a data set and a sampler that are seeded.

    Args:
        cfg (dict): Of a loader, as mmengine's runner takes it.
        seed (int): Of the run.
        rank (int): Of the process.
        diff_rank_seed (bool): Whether ranks have seeds of their own; the
            sampler then asks for one that all have.
    """
    cfg = deepcopy(cfg)
    dataset, sampler = cfg['dataset'], cfg['sampler']
    if isinstance(dataset, dict):
        dataset = DATASETS.build(dataset)
        if hasattr(dataset, 'full_init'):
            dataset.full_init()
    if isinstance(sampler, dict):
        sampler = DATA_SAMPLERS.build(
            sampler,
            default_args=dict(
                dataset=dataset, seed=None if diff_rank_seed else seed))
    cfg.update(
        dataset=SeededDataset(dataset),
        sampler=SeededSampler(sampler, seed, rank))
    return cfg
