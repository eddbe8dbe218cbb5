# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch

from mtcp_mm.models.layers import CrossStitchUnit


def maps(**values):
    """Maps of a single pixel, from the values of their channels."""
    return {
        t: torch.tensor(v).view(1, -1, 1, 1) for t, v in values.items()
    }


def values(maps):
    return {t: m.flatten().tolist() for t, m in maps.items()}


class TestCrossStitchUnit:
    """Oracle: 2x2 matrices, multiplied by hand."""

    def test_starts_with_alpha_and_beta(self):
        """.75 * 8 + .25 * 4 = 7, .25 * 8 + .75 * 4 = 5."""
        unit = CrossStitchUnit(['b', 'a'], 1, alpha=.75, beta=.25)
        assert values(unit(maps(b=[8.], a=[4.]))) == dict(b=[7.], a=[5.])

    def test_each_channel_has_a_matrix(self):
        """((1, 2), (3, 4)) for channel 0, ((0, 1), (1, 0)) for channel 1, of
        the vectors (10, 20) and (5, 6)."""
        unit = CrossStitchUnit(['a', 'b'], 2)
        first = torch.tensor([[1., 2.], [3., 4.]])
        second = torch.tensor([[0., 1.], [1., 0.]])
        unit.weight.data[..., 0, 0] = torch.stack([first, second], -1)
        assert values(unit(maps(a=[10., 5.], b=[20., 6.]))) == dict(
            a=[50., 6.], b=[110., 5.])

    def test_one_factor_per_map(self):
        """LibMTL's: all factors 1, a plain sum."""
        unit = CrossStitchUnit(['a', 'b'], 2, 1., 1., per_channel=False)
        assert unit.weight.numel() == 4
        assert values(unit(maps(a=[1., 2.], b=[3., 5.]))) == dict(
            a=[4., 7.], b=[4., 7.])

    def test_equal_maps_stay(self):
        """alpha = beta = 1 / T is their mean."""
        unit = CrossStitchUnit(['a', 'b', 'c', 'd'], 3, .25, .25)
        x = torch.randn(2, 3, 4, 5)
        for y in unit(dict.fromkeys('abcd', x)).values():
            torch.testing.assert_close(y, x)

    def test_order_of_tasks_means_nothing(self):
        unit = CrossStitchUnit(['a', 'b'], 3)
        turned = CrossStitchUnit(['b', 'a'], 3)
        torch.nn.init.normal_(unit.weight)
        turned.load_state_dict(unit.state_dict())
        x = dict(a=torch.randn(1, 3, 2, 2), b=torch.randn(1, 3, 2, 2))
        one, two = unit(x), turned(dict(reversed(x.items())))
        assert list(two) == ['b', 'a']
        assert all(torch.equal(one[t], two[t]) for t in x)


def test_other_tasks():
    unit = CrossStitchUnit(['a', 'b'], 2)
    with pytest.raises(ValueError, match=r"tasks \['a', 'b'\].*of \['a'\]"):
        unit(dict(a=torch.ones(1, 2, 2, 2)))
