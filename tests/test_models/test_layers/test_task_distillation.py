# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch
from torch import nn

from mtcp_mm.models.layers import TaskDistillation

TASKS = ['semseg', 'depth', 'normals']


def build(targets=TASKS, sources=None, channels=4, **kwargs):
    torch.manual_seed(0)
    return TaskDistillation(channels, targets, sources, **kwargs).double()


def maps_of(layer, size=(5, 7)):
    return {t: torch.randn(2, 4, *size).double() for t in layer.sources}


def fill(convs, value):
    for conv in convs.modules():
        if isinstance(conv, nn.Conv2d):
            nn.init.constant_(conv.weight, value)


def correlate(x, conv):
    """A 3x3 convolution, shift by shift; border zero."""
    weight = conv.weight.detach().numpy()
    height, width = x.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    return sum(
        np.einsum('oc,nchw->nohw', weight[..., i, j],
                  x[..., i:i + height, j:j + width])
        for i in range(3) for j in range(3))


class TestTaskDistillation:

    @pytest.mark.parametrize('gate', ['source', 'target'])
    @pytest.mark.parametrize('targets', [TASKS, ['depth']])
    def test_matches_numpy(self, gate, targets):
        """Oracle: the sum of the docstring in NumPy, float64. Of three that
        send, three or one receive."""
        layer = build(targets, TASKS, gate=gate)
        maps = maps_of(layer)
        found = layer(maps)
        assert list(found) == targets
        x = {t: value.numpy() for t, value in maps.items()}
        for target in targets:
            expected = x[target].copy()
            for source in set(TASKS) - {target}:
                asked = x[source if gate == 'source' else target]
                z = correlate(asked, layer.gates[target][source])
                message = correlate(x[source], layer.messages[target][source])
                expected += message / (1 + np.exp(-z))
            np.testing.assert_allclose(
                found[target].detach().numpy(), expected, rtol=1e-10,
                atol=1e-12)

    def test_without_messages_maps_stay(self):
        layer = build()
        fill(layer.messages, 0)
        maps = maps_of(layer)
        assert all(torch.equal(x, maps[t]) for t, x in layer(maps).items())

    def test_a_gate_of_zero_lets_half_through(self):
        """Oracle: by hand. Messages sum 9 pixels of 4 channels, all 1, at
        the border 6 or 4 pixels; two others send."""
        layer = build()
        fill(layer.gates, 0)
        fill(layer.messages, 1)
        maps = {t: torch.ones(1, 4, 3, 3).double() for t in TASKS}
        pixels = torch.tensor([[4, 6, 4], [6, 9, 6], [4, 6, 4]]).double()
        for found in layer(maps).values():
            assert torch.equal(found,
                               (1 + 2 * .5 * 4 * pixels).expand(1, 4, 3, 3))

    def test_a_single_task_stays(self):
        layer = build(['depth'])
        maps = maps_of(layer)
        assert not list(layer.parameters())
        assert torch.equal(layer(maps)['depth'], maps['depth'])

    @pytest.mark.parametrize('num_sources, expected', [
        (2, 2 * 1_179_648), (4, 6 * 1_179_648)])
    def test_parameters(self, num_sources, expected):
        """Oracle: 1,179,648 for two convolutions of 256 channels, of the two
        that receive for every other one that sends."""
        with torch.device('meta'):
            layer = TaskDistillation(256, ['a', 'b'],
                                     ['a', 'b', 'c', 'd'][:num_sources])
        assert sum(p.numel() for p in layer.parameters()) == expected

    def test_mistakes(self):
        with pytest.raises(ValueError, match="'source' or 'target'.*'all'"):
            build(gate='all')
        with pytest.raises(ValueError, match=r"\['depth'\].*\['semseg'\]"):
            build(['depth', 'semseg'], ['semseg'])
        with pytest.raises(ValueError, match=r"'semseg'\].*\['edge'\]"):
            build()(dict(edge=torch.rand(1, 4, 3, 3)))
