# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest

from mtcp_mm.models.layers import ReconstructedPatternDiffusion
from tests.test_models.test_layers.test_affinity_diffusion import reduced
from tests.test_models.test_layers.test_task_diffusion import build, maps_of


def neighbours(p, size, window, gap):
    """Number of each cell of a window, None outside of the map."""
    reach = window // 2
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            y, x = p // size[1] + gap * dy, p % size[1] + gap * dx
            inside = 0 <= y < size[0] and 0 <= x < size[1]
            yield y * size[1] + x if inside else None


def softmax(values):
    weights = np.exp(np.asarray(values))
    return weights / weights.sum()


def structure(features, p, around, temperature):
    """A(p) of one image, (window²,)."""
    unit = features / np.linalg.norm(features, axis=-1, keepdims=True)
    return softmax([
        -np.inf if q is None else unit[p] @ unit[q] / temperature
        for q in around
    ])


def naive_diffusion(layer, maps, joint=True):
    """Cell by cell, with or without the other tasks."""
    size = next(iter(maps.values())).shape[2:]
    start = reduced(layer, maps)
    h = {t: x.copy() for t, x in start.items()}
    for gap in layer.gaps:
        before = {t: x.copy() for t, x in h.items()}
        for n, p in np.ndindex(*start['semseg'].shape[:2]):
            around = list(neighbours(p, size, layer.window, gap))
            own = {
                t: structure(x[n], p, around, layer.temperature)
                for t, x in start.items()
            }
            for task in layer.tasks:
                mixed = own[task]
                if joint:
                    weights = softmax([
                        own[task] @ own[k] / layer.temperature
                        for k in layer.tasks
                    ])
                    mixed = sum(
                        w * own[k] for w, k in zip(weights, layer.tasks))
                gathered = sum(
                    a * before[task][n, q]
                    for a, q in zip(mixed, around) if q is not None)
                h[task][n, p] = (layer.beta * gathered +
                                 (1 - layer.beta) * start[task][n, p])
    return {
        t: x.swapaxes(1, 2).reshape(len(x), -1, *size) for t, x in h.items()
    }


class TestReconstructedPatternDiffusion:

    @pytest.mark.parametrize('num_tasks, kwargs', [
        (1, dict(iterations=1)),
        (2, dict(iterations=2, window=5, widen=1, temperature=.5)),
        (3, dict(iterations=3, beta=.8, temperature=.3)),
    ])
    def test_matches_loops(self, num_tasks, kwargs):
        """Oracle: NumPy in float64, cell by cell."""
        layer = build(ReconstructedPatternDiffusion, num_tasks, **kwargs)
        maps = maps_of(layer)
        found = layer(maps)
        expected = naive_diffusion(layer, maps)
        for task in layer.tasks:
            np.testing.assert_allclose(
                found[task].detach(), expected[task], rtol=1e-9, atol=1e-12)

    def test_one_task_has_its_own_structures_alone(self):
        layer = build(ReconstructedPatternDiffusion, 1)
        maps = maps_of(layer)
        np.testing.assert_allclose(
            layer(maps)['semseg'].detach(),
            naive_diffusion(layer, maps, joint=False)['semseg'], rtol=1e-9)

    def test_tasks_that_agree_change_nothing(self):
        """Equal structures: whatever the weights, their mean is the same."""
        layer = build(ReconstructedPatternDiffusion)
        for conv in layer.reduce.values():
            conv.load_state_dict(layer.reduce['semseg'].state_dict())
        x = maps_of(layer)['semseg']
        out = layer(dict.fromkeys(layer.tasks, x))
        alone = naive_diffusion(layer, {t: x for t in layer.tasks}, False)
        for task in layer.tasks:
            np.testing.assert_allclose(
                out[task].detach(), alone[task], rtol=1e-9)

    @pytest.mark.parametrize('widen, reach', [(1, 3), (2, 7), (3, 13)])
    def test_reach(self, widen, reach):
        """By hand: three windows of 3 reach 1 + w + w² cells."""
        layer = build(ReconstructedPatternDiffusion, 1, widen=widen)
        x = maps_of(layer, (1, 20))['semseg'].requires_grad_()
        layer(dict(semseg=x))['semseg'][..., 0].sum().backward()
        seen = x.grad.abs().sum((0, 1, 2)).nonzero().flatten()
        assert seen.max().item() == reach
