# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest
import torch
import torch.nn.functional as F

from mtcp_mm.models.layers import DynamicFPN


def naive_levels(fpn, feats):
    """The levels at the finest size, by functional calls in float64."""

    def up(x, like):
        return F.interpolate(
            x, like.shape[-2:], mode='bilinear', align_corners=False)

    p = fpn.double().state_dict()
    maps = []
    for i, x in reversed(list(enumerate(feats))):
        lateral = torch.einsum('oc,nchw->nohw',
                               p[f'laterals.{i}.weight'][:, :, 0, 0],
                               x) + p[f'laterals.{i}.bias'][:, None, None]
        maps.insert(0, lateral + up(maps[0], x) if maps else lateral)
    return [
        up(
            F.conv2d(
                x, p[f'convs.{i}.weight'], p[f'convs.{i}.bias'], padding=1),
            feats[0]) for i, x in enumerate(maps)
    ]


@pytest.fixture
def feats():
    torch.manual_seed(0)
    return [
        torch.randn(2, c, h, w, dtype=torch.float64)
        for c, h, w in ((4, 9, 7), (8, 5, 4), (16, 3, 2))
    ]


class TestDynamicFPN:
    """Oracle: `naive_levels` and the weighting written per level."""

    def test_starts_as_plain_sum(self, feats):
        fpn = DynamicFPN((4, 8, 16), 6).double()
        expected = sum(naive_levels(fpn, feats))
        torch.testing.assert_close(fpn(feats), expected)

    def test_weights_per_pixel(self, feats):
        fpn = DynamicFPN((4, 8, 16), 6).double()
        torch.nn.init.normal_(fpn.level_weights.weight)
        levels = torch.stack(naive_levels(fpn, feats))
        score = torch.exp(
            torch.einsum('lc,nchw->lnhw',
                         fpn.level_weights.weight[:, :, 0, 0],
                         torch.cat(list(levels), 1)))
        share = score / score.sum(0)
        expected = 3 * (share[:, :, None] * levels).sum(0)
        torch.testing.assert_close(fpn(feats), expected)

    def test_rejects_missing_level(self, feats):
        with pytest.raises(ValueError, match='3 levels.*got 2'):
            DynamicFPN((4, 8, 16), 6)(feats[:2])
