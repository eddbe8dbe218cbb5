# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch
from mmseg.models.backbones import SwinTransformer

from mtcp_mm.models.layers import HFPEncoder


def swin_without_embedding(channels):
    """mmseg's Swin whose patch embedding is the identity."""
    swin = SwinTransformer(
        in_channels=channels,
        embed_dims=channels,
        patch_size=1,
        strides=(1, 2, 2),
        depths=(1, 2, 1),
        num_heads=(2, 2, 2),
        out_indices=(0, 1, 2),
        drop_path_rate=0.)
    swin.patch_embed.norm = None
    eye = torch.eye(channels)[..., None, None]
    swin.patch_embed.projection.weight.data.copy_(eye)
    swin.patch_embed.projection.bias.data.zero_()
    swin.eval()  # gives no self: mmseg overrides train()
    return swin


class NaiveSwin:
    """A hierarchical Swin on one (H, W, C) map, pixel by pixel, in NumPy."""

    def __init__(self, encoder, depths, num_heads, window):
        self.p = {k: v.double().numpy()
                  for k, v in encoder.state_dict().items()}
        self.depths, self.heads, self.window = depths, num_heads, window

    def linear(self, name, x):
        return x @ self.p[f'{name}.weight'].T + self.p.get(f'{name}.bias', 0)

    def norm(self, name, x):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5)
        return x * self.p[f'{name}.weight'] + self.p[f'{name}.bias']

    def attention(self, name, x, shift):
        """Of every pixel to those of its window, and of its region in it.

        A map is padded by zeros to whole windows. Windows that are shifted
        go around the edge; pixels from both sides of it do not see each
        other.
        """
        (height, width, channels), w = x.shape, self.window
        x = np.pad(x, ((0, -height % w), (0, -width % w), (0, 0)))
        full, dim = x.shape[:2], channels // self.heads
        q, k, v = np.split(self.linear(f'{name}.w_msa.qkv', x), 3, axis=-1)
        table = self.p[f'{name}.w_msa.relative_position_bias_table']
        places = {}  # window, region -> [(place in the map, in the window)]
        for i, j in np.ndindex(*full):
            at = [(t - shift) % n for t, n in zip((i, j), full)]
            around = tuple(t < shift for t in (i, j))
            key = tuple(t // w for t in at) + around
            places.setdefault(key, []).append(
                ((i, j), [t % w for t in at]))
        out = np.empty_like(x)
        for members in places.values():
            for here, a in members:
                score = np.array([[
                    q[here][h * dim:(h + 1) * dim]
                    @ k[there][h * dim:(h + 1) * dim] / np.sqrt(dim)
                    + table[(a[0] - b[0] + w - 1) * (2 * w - 1) + a[1] - b[1]
                            + w - 1, h] for there, b in members
                ] for h in range(self.heads)])
                score = np.exp(score - score.max(1, keepdims=True))
                share = score / score.sum(1, keepdims=True)
                values = np.array([v[there] for there, _ in members])
                values = values.reshape(len(members), self.heads, dim)
                out[here] = np.einsum('hm,mhd->hd', share, values).ravel()
        return self.linear(f'{name}.w_msa.proj', out)[:height, :width]

    def merge(self, name, x):
        height, width = x.shape[:2]
        x = np.pad(x, ((0, height % 2), (0, width % 2), (0, 0)))
        parts = [x[i::2, j::2] for i in (0, 1) for j in (0, 1)]
        # channel by channel, its four pixels side by side
        joined = np.stack(parts, -1).reshape(*parts[0].shape[:2], -1)
        return self.linear(f'{name}.reduction',
                           self.norm(f'{name}.norm', joined))

    def __call__(self, x):
        gelu = torch.nn.functional.gelu
        for i, depth in enumerate(self.depths):
            for j in range(depth):
                block = f'stages.{i}.blocks.{j}'
                shift = self.window // 2 * (j % 2)
                x = x + self.attention(f'{block}.attn',
                                       self.norm(f'{block}.norm1', x), shift)
                hidden = self.linear(f'{block}.ffn.layers.0.0',
                                     self.norm(f'{block}.norm2', x))
                hidden = gelu(torch.from_numpy(hidden)).numpy()
                x = x + self.linear(f'{block}.ffn.layers.1', hidden)
            yield self.norm(f'norms.{i}', x)
            if i + 1 < len(self.depths):
                x = self.merge(f'stages.{i}.downsample', x)


class TestHFPEncoder:
    """Oracles: `NaiveSwin`, and mmseg's Swin without patch embedding."""

    @pytest.mark.parametrize('size', [(8, 4), (9, 7), (3, 2)])
    def test_matches_naive_swin_in_float64(self, size):
        torch.manual_seed(0)
        encoder = HFPEncoder(4, window_size=4).double().eval()
        for p in encoder.parameters():  # biases and tables count, too
            torch.nn.init.normal_(p, std=.5)
        x = torch.randn(1, 4, *size).double()
        naive = NaiveSwin(encoder, (1, 2, 1), num_heads=2, window=4)
        expected = naive(x[0].permute(1, 2, 0).numpy())
        for got, want in zip(encoder(x), expected, strict=True):
            want = torch.from_numpy(want).permute(2, 0, 1)[None]
            torch.testing.assert_close(got, want, rtol=1e-10, atol=1e-10)

    @pytest.mark.parametrize('size', [(14, 28), (13, 9), (7, 20)])
    def test_matches_swin(self, size):
        torch.manual_seed(0)
        encoder = HFPEncoder(8).eval()
        swin = swin_without_embedding(8)
        weights = {
            k.replace('norms.', 'norm', 1) if k.startswith('norms.') else k: v
            for k, v in encoder.state_dict().items()
        }
        report = swin.load_state_dict(weights, strict=False)
        assert not report.unexpected_keys
        assert all(k.startswith('patch_embed') for k in report.missing_keys)
        x = torch.randn(2, 8, *size)
        with torch.no_grad():
            for got, expected in zip(encoder(x), swin(x), strict=True):
                torch.testing.assert_close(got, expected)

    def test_shapes_of_odd_sizes(self):
        feats = HFPEncoder(4)(torch.rand(1, 4, 13, 9))
        sizes = [tuple(f.shape) for f in feats]
        assert sizes == [(1, 4, 13, 9), (1, 8, 7, 5), (1, 16, 4, 3)]

    def test_size_of_the_paper(self):
        """22.3 M parameters per task, counted in the original release."""
        count = sum(p.numel() for p in HFPEncoder(256).parameters())
        assert round(count / 1e6, 1) == 22.3

    def test_rejects_heads_that_do_not_divide(self):
        with pytest.raises(ValueError, match=r'\(9\).*multiple.*\(2\)'):
            HFPEncoder(9)
