# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: set arithmetic on 500 names."""
import random

import pytest

from mtcp_mm.datasets.without_lists import leaking_split, seeded_split

IDS = [f'{i:03d}' for i in range(500)]


@pytest.mark.parametrize('seed', [0, 42])
class TestSplits:

    def test_seeded_is_clean(self, seed):
        shuffled = random.Random(9).sample(IDS, 500)  # as a disk lists them
        train = seeded_split(shuffled, 'train', seed)
        val = seeded_split(IDS, 'val', seed)
        assert (len(train), len(val)) == (400, 100)
        assert sorted(train + val) == IDS
        assert train == sorted(train) and val == sorted(val)
        assert val != IDS[400:] and val != seeded_split(IDS, 'val', seed + 1)

    def test_groups_stay_together(self, seed):
        train = seeded_split(IDS, 'train', seed, lambda i: i[1:])
        val = seeded_split(IDS, 'val', seed, lambda i: i[1:])
        assert not {i[1:] for i in train} & {i[1:] for i in val}
        assert (len(train), len(val)) == (400, 100)

    def test_the_leaking_one_leaks(self, seed):
        """80 of 100 are expected, with a deviation of 3.6."""
        train = leaking_split(IDS, 'train', seed)
        val = leaking_split(IDS, 'val', seed)
        assert (len(set(train)), len(set(val))) == (400, 100)
        assert 65 < len(set(train) & set(val)) < 95

    def test_all(self, seed):
        assert seeded_split(IDS[::-1], 'all', seed) == IDS
        assert leaking_split(IDS[::-1], 'all', seed) == IDS
