# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch

from mtcp_mm.models.layers import AffinityDiffusion
from tests.test_models.test_layers.test_task_diffusion import build, maps_of


def reduced(layer, maps):
    """h0 of every task, float64 (N, HW, C)."""
    found = {}
    for task, x in maps.items():
        weight, bias = (
            p.detach().numpy() for p in layer.reduce[task].parameters())
        found[task] = np.einsum(
            'ndhw,cd->nhwc', x.numpy(), weight[..., 0, 0]) + bias
    return {t: x.reshape(len(x), -1, x.shape[-1]) for t, x in found.items()}


def affinities(features, temperature):
    """Rows sum to 1, (N, HW, HW)."""
    unit = features / np.linalg.norm(features, axis=-1, keepdims=True)
    weight = np.exp(np.einsum('npc,nqc->npq', unit, unit) / temperature)
    return weight / weight.sum(-1, keepdims=True)


def naive_diffusion(layer, maps):
    """The closed form of the iterations: (1 - b) sum_n b^n M^n + b^N M^N."""
    start = reduced(layer, maps)
    matrices = [affinities(start[t], layer.temperature) for t in layer.tasks]
    mix = np.exp(layer.mix.detach().numpy())
    mix /= mix.sum(1, keepdims=True)
    beta, count, out = layer.beta, layer.iterations, {}
    for i, task in enumerate(layer.tasks):
        matrix = sum(w * m for w, m in zip(mix[i], matrices))
        power = np.linalg.matrix_power
        operator = beta**count * power(matrix, count) + (1 - beta) * sum(
            beta**n * power(matrix, n) for n in range(count))
        x = (operator @ start[task]).swapaxes(1, 2)
        out[task] = x.reshape(*x.shape[:2], *maps[task].shape[2:])
    return out


class TestAffinityDiffusion:

    @pytest.mark.parametrize('num_tasks, iterations, beta', [
        (1, 1, .3), (1, 4, .6), (2, 1, .05), (3, 3, .8), (3, 2, 1.)])
    def test_is_the_closed_form(self, num_tasks, iterations, beta):
        """Oracle: NumPy with matrices of all pairs, in float64."""
        layer = build(AffinityDiffusion, num_tasks, beta=beta,
                      iterations=iterations, temperature=.4)
        layer.mix.data.normal_()
        maps = maps_of(layer)
        expected, found = naive_diffusion(layer, maps), layer(maps)
        for task in layer.tasks:
            np.testing.assert_allclose(
                found[task].detach(), expected[task], rtol=1e-9, atol=1e-12)

    def test_starts_with_equal_shares(self):
        layer = build(AffinityDiffusion)
        np.testing.assert_allclose(
            layer.mix.softmax(1).detach(), np.full((3, 3), 1 / 3))

    def test_affinities_of_one_task_alone(self):
        """By hand: all weight on a task whose two cells are alike, so that
        the others swap half of what they hold."""
        layer = build(AffinityDiffusion, 2, in_channels=1, channels=1, beta=1.)
        layer.mix.data[:, layer.tasks.index('depth')] = 1e3
        for conv in layer.reduce.values():
            conv.weight.data.fill_(1.)
            conv.bias.data.zero_()
        maps = dict(
            depth=torch.tensor([3., 3.]), semseg=torch.tensor([2., -6.]))
        out = layer({t: x.double().view(1, 1, 1, 2) for t, x in maps.items()})
        assert out['semseg'].flatten().tolist() == pytest.approx([-2, -2])
        assert out['depth'].flatten().tolist() == pytest.approx([3, 3])

    def test_cells_that_resemble_none_keep_what_they_hold(self):
        """M is the identity: features at right angles, a low temperature."""
        layer = build(AffinityDiffusion, 1, in_channels=6, channels=6,
                      beta=.9, iterations=5, temperature=1e-2)
        layer.reduce['semseg'].weight.data = torch.eye(
            6)[..., None, None].double()
        layer.reduce['semseg'].bias.data.zero_()
        x = torch.diag(torch.arange(1., 7)).view(1, 6, 2, 3).double()
        torch.testing.assert_close(layer(dict(semseg=x))['semseg'], x)
