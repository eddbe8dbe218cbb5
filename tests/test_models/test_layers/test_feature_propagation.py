# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch
from torch import nn

from mtcp_mm.models.layers import FeaturePropagation

TASKS = ['depth', 'edge', 'normals']  # in alphabetical order
LAYOUTS = ['paper', 'released']


def build(tasks=TASKS, channels=5, **kwargs):
    torch.manual_seed(0)
    return FeaturePropagation(tasks, channels, **kwargs).double().eval()


def maps_of(layer, channels=5, size=(4, 3)):
    return {t: torch.randn(2, channels, *size).double() for t in layer.tasks}


def inside(layer, maps):
    """What is reduced, that reduced, and the output."""
    seen = []
    hook = layer.reduce.register_forward_hook(
        lambda m, args, out: seen.extend([args[0], out]))
    out = layer(maps)
    hook.remove()
    return *seen, out


def cat(maps):
    return torch.cat([maps[t] for t in sorted(maps)], 1)


class TestMask:

    @pytest.mark.parametrize('layout', LAYOUTS)
    def test_of_zeros_is_a_share_each(self, layout):
        layer = build(layout=layout)
        for parameter in layer.mask[-1].parameters():
            nn.init.zeros_(parameter)
        maps = maps_of(layer)
        torch.testing.assert_close(inside(layer, maps)[0], cat(maps) / 3)

    @pytest.mark.parametrize('layout', LAYOUTS)
    def test_matches_loops(self, layout):
        """Oracle: exponentials and their sums, one by one, in float64. The
        channel of task t and channel c is t * 5 + c; the released code has
        its sum over 3 neighbours."""
        layer = build(layout=layout)
        maps = maps_of(layer)
        logits = layer.mask(cat(maps)).detach().numpy()
        expected = np.empty_like(logits)
        for at in range(15):
            group = ([at % 5, at % 5 + 5, at % 5 + 10] if layout == 'paper'
                     else [at // 3 * 3 + i for i in range(3)])
            share = sum(np.exp(logits[:, i]) for i in group)
            expected[:, at] = np.exp(logits[:, at]) / share
        found = inside(layer, maps)[0].detach().numpy()
        np.testing.assert_allclose(
            found, expected * cat(maps).numpy(), rtol=1e-10)

    @pytest.mark.parametrize('layout, same', [
        ('paper', True), ('released', False)])
    def test_tasks_that_change_places(self, layout, same):
        """Oracle: the weights, permuted with the tasks, give permuted
        outputs. In the released layout they do not."""
        layer, turned = build(layout=layout), build(layout=layout)
        places = [2, 0, 1]  # of the tasks whose weights come to 0, 1, 2
        names = {TASKS[old]: TASKS[new] for new, old in enumerate(places)}
        order = [t * 5 + c for t in places for c in range(5)]
        state = layer.state_dict()
        for key, value in state.items():
            if value.dim() == 4 and value.shape[1] == 15:
                state[key] = value[:, order]
            if key.startswith('mask.1.'):
                state[key] = value[order]
        for old, new in names.items():
            for key, value in layer.excite[old].state_dict().items():
                state[f'excite.{new}.{key}'] = value
        turned.load_state_dict(state)
        maps = maps_of(layer)
        expected = layer(maps)
        found = turned({names[t]: x for t, x in maps.items()})
        error = max((found[names[t]] - x).abs().max().item()
                    for t, x in expected.items())
        assert error < 1e-12 if same else error > 1e-6


class TestFeaturePropagation:

    def test_excites_and_adds(self):
        """Oracle: squeeze and excitation in NumPy, float64, with ReLU and a
        sigmoid."""
        layer = build(channels=32)
        maps = maps_of(layer, 32)
        _, shared, out = inside(layer, maps)
        shared = shared.detach().numpy()
        for task, found in out.items():
            excite = layer.excite[task]
            assert excite.fc1.out_channels == 2  # a sixteenth
            z = shared.mean((2, 3))
            for i, fc in enumerate((excite.fc1, excite.fc2)):
                weight = fc.weight.detach().numpy()[..., 0, 0]
                z = z @ weight.T + fc.bias.detach().numpy()
                z = np.maximum(z, 0) if i == 0 else 1 / (1 + np.exp(-z))
            np.testing.assert_allclose(
                found.detach().numpy(),
                shared * z[..., None, None] + maps[task].numpy(), rtol=1e-10)

    def test_a_single_task_has_no_mask(self):
        layer = build(['depth'])
        maps = maps_of(layer)
        assert torch.equal(inside(layer, maps)[0], maps['depth'])

    def test_narrow_maps(self):
        """Less than 4 channels in all, and less than 16 per task."""
        layer = build(['depth', 'edge'], 1)
        sum(x.sum() for x in layer(maps_of(layer, 1)).values()).backward()
        assert all(p.grad is not None for p in layer.parameters())

    def test_mistakes(self):
        with pytest.raises(ValueError, match="'paper' or 'released'.*'old'"):
            build(layout='old')
        with pytest.raises(ValueError, match=r"'normals'\].*\['semseg'\]"):
            build()(dict(semseg=torch.rand(1, 5, 3, 3)))
