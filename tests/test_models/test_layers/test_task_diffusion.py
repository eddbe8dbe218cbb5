# Copyright (c) mtcp_mm authors. All rights reserved.
import cv2
import numpy as np
import pytest
import torch

from mtcp_mm.models.layers import (
    AffinityDiffusion,
    ReconstructedPatternDiffusion,
    TaskDiffusion,
)

TASKS = ('semseg', 'depth', 'normals')


def build(kind, num_tasks=3, in_channels=5, channels=4, **kwargs):
    torch.manual_seed(0)
    return kind(TASKS[:num_tasks], in_channels, channels, **kwargs).double()


def maps_of(layer, size=(4, 6), in_channels=5):
    return {
        task: torch.randn(2, in_channels, *size).double()
        for task in layer.tasks
    }


class Turned(TaskDiffusion):
    """Each cell takes the value of the one at the opposite side."""

    def steps(self, features):
        return [lambda h: h.flip(-2, -1)]


class TestTaskDiffusion:

    def test_grid_by_hand(self):
        """Oracle: cells as means, and OpenCV, which brings the change to the
        full size."""
        layer = build(Turned, 1, beta=.3, shrink=2)
        maps = maps_of(layer)
        with torch.no_grad():
            start = layer.reduce['semseg'](maps['semseg']).numpy()
            found = layer(maps)['semseg'].numpy()
        cells = start.reshape(2, 4, 2, 2, 3, 2).mean((3, 5))
        change = .3 * (cells[..., ::-1, ::-1] - cells)
        for n in range(2):
            for c in range(4):
                expected = start[n, c] + cv2.resize(
                    change[n, c], (6, 4), interpolation=cv2.INTER_LINEAR)
                np.testing.assert_allclose(found[n, c], expected, rtol=1e-6)

    def test_tasks_of_different_size(self):
        """A smaller map is laid on the grid of the larger, and gets a change
        of its own size."""
        layer = build(Turned, 2, beta=.5)
        maps = maps_of(layer)
        maps['depth'] = maps['depth'][..., ::2, ::2]
        out = layer(maps)
        assert out['depth'].shape == (2, 4, 2, 3)
        alone = layer({t: maps['depth'] for t in layer.tasks})
        torch.testing.assert_close(out['depth'], alone['depth'])

    @pytest.mark.parametrize('kind', [AffinityDiffusion,
                                      ReconstructedPatternDiffusion])
    @pytest.mark.parametrize('shrink', [1, 2, 3])
    def test_constants_stay(self, kind, shrink):
        """Rows of affinities sum to 1. The first channel of the reduction is
        constant, the others are not."""
        layer = build(kind, beta=.7, iterations=3, shrink=shrink)
        maps = maps_of(layer, (5, 7))
        for task in TASKS:
            weight, bias = layer.reduce[task].parameters()
            weight.data[0] = 0
            bias.data[0] = 1.5
        for out in layer(maps).values():
            torch.testing.assert_close(
                out[:, 0], torch.full_like(out[:, 0], 1.5))
            assert out[:, 1].std() > .01

    @pytest.mark.parametrize('kind', [AffinityDiffusion,
                                      ReconstructedPatternDiffusion])
    def test_beta_0_leaves_the_reduction(self, kind):
        """Oracle: torch's 1x1 convolution."""
        layer = build(kind, beta=0., shrink=2)
        maps = maps_of(layer, (5, 7))
        out = layer(maps)
        for task in TASKS:
            torch.testing.assert_close(out[task],
                                       layer.reduce[task](maps[task]))


class TestMistakes:

    @pytest.mark.parametrize('kind, kwargs, message', [
        (AffinityDiffusion, dict(beta=1.1), '`beta` of Affinity.*1.1'),
        (AffinityDiffusion, dict(shrink=0), '`shrink`.*>= 1, but is 0'),
        (AffinityDiffusion, dict(iterations=0), '`iterations`.*1, but is 0'),
        (AffinityDiffusion, dict(temperature=0.), '`temperature`.*above 0'),
        (ReconstructedPatternDiffusion, dict(window=4), '`window`.*odd.*4'),
        (ReconstructedPatternDiffusion, dict(widen=0), '`widen`.*1, but is'),
        (ReconstructedPatternDiffusion, dict(iterations=0), '`iterations`'),
        (ReconstructedPatternDiffusion, dict(temperature=-1), '`temperature`'),
    ])
    def test_options(self, kind, kwargs, message):
        with pytest.raises(ValueError, match=message):
            build(kind, **kwargs)

    def test_other_tasks(self):
        layer = build(AffinityDiffusion, 2)
        maps = maps_of(layer)
        maps['edge'] = maps.pop('depth')
        with pytest.raises(ValueError,
                           match=r"\['depth', 'semseg'\].*\['edge'"):
            layer(maps)
