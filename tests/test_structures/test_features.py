# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch

from mtcp_mm.structures import Features, MapInfo


def test_of_and_maps():
    """Oracle: the definition of the class."""
    a, b, c = torch.randn(3, 1, 2, 4, 4)
    feats = Features((a, b), dict(depth=(c, )))
    assert feats.of('depth') == (c, ) and feats.of('other') == (a, b)
    assert list(feats.maps()) == [a, b, c]
    doubled = feats.apply(lambda x: 2 * x)
    assert torch.equal(doubled.of('depth')[0], 2 * c)
    assert torch.equal(doubled.shared[1], 2 * b)


@pytest.mark.parametrize('given', [MapInfo(3, 4), [MapInfo(3, 4)],
                                   (MapInfo(3, 4), )])
def test_wrap(given):
    feats = Features.wrap(given)
    assert feats.shared == (MapInfo(3, 4), ) and not feats.per_task
    assert Features.wrap(feats) is feats


def test_task_without_maps_is_named():
    feats = Features(per_task=dict(depth=(1, )))
    with pytest.raises(ValueError, match='no maps for task `edge`.*depth'):
        feats.of('edge')
