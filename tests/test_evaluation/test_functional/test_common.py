# Copyright (c) mtcp_mm authors. All rights reserved.
import math
import random

import pytest
import torch

from mtcp_mm.evaluation.functional.common import (
    add_sums,
    check_same_shape,
    find_protocol,
    ratio,
)


class TestAddSums:
    """Oracles: values added by hand, and ``math.fsum``."""

    def test_floats_are_exact_in_any_order(self):
        values = [1e16, 1., -1e16, 0.1, 0.2, 0.3]
        parts = [dict(x=torch.tensor(v, dtype=torch.float64)) for v in values]
        random.Random(0).shuffle(parts)
        assert add_sums(parts)['x'].item() == math.fsum(values)
        assert sum(values) != math.fsum(values)  # a plain sum is not

    def test_integers_do_not_overflow(self):
        part = dict(hist=torch.tensor([2**31 - 1, 1], dtype=torch.int32))
        total = add_sums([part, part])['hist']
        assert total.dtype == torch.int64
        assert total.tolist() == [2**32 - 2, 2]

    def test_floats_of_any_shape(self):
        rows = [[[1e16, .1]], [[1., .2]], [[-1e16, .3]]]
        parts = [dict(x=torch.tensor(r, dtype=torch.float64)) for r in rows]
        total = add_sums(parts)['x']
        assert total.shape == (1, 2) and total.dtype == torch.float64
        assert total.tolist() == [[1, math.fsum([.1, .2, .3])]]

    def test_images_without_label_add_nothing(self):
        part = dict(x=torch.tensor(2.), n=torch.tensor(3))
        total = add_sums([{}, part, {}])
        assert total['x'] == 2 and total['n'] == 3
        assert add_sums([{}, {}]) == {} and add_sums([]) == {}

    def test_leaves_its_input_alone(self):
        part = dict(n=torch.tensor(3))
        add_sums([part, part])
        assert part['n'] == 3


def test_check_same_shape_names_both():
    with pytest.raises(ValueError, match=r'\(1, 4, 5\).*\(1, 4, 6\)'):
        check_same_shape(torch.zeros(1, 4, 5), torch.zeros(1, 4, 6))


def test_ratio_of_nothing_is_nan():
    assert math.isnan(ratio(torch.tensor(0.), torch.tensor(0)))
    assert ratio(torch.tensor(3.), torch.tensor(4)) == 0.75


def test_find_protocol():
    table = dict(a=1, b=2)
    assert find_protocol(table, 'b') == 2
    with pytest.raises(ValueError, match=r"'c'.*\['a', 'b'\]"):
        find_protocol(table, 'c')
