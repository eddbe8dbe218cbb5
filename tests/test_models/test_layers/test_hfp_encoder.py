# Copyright (c) mtcp_mm authors. All rights reserved.
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


class TestHFPEncoder:
    """Oracle: mmseg's SwinTransformer, patch embedding set to identity."""

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
