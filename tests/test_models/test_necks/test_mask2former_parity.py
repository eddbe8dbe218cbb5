# Copyright (c) mtcp_mm authors. All rights reserved.
from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope, init_default_scope

from mtcp_mm.models.necks import Mask2FormerNeck
from mtcp_mm.registry import MODELS
from mtcp_mm.utils.settings import load_config_file
from tests.mmseg_mask2former import NARROW, build_mmseg

ROOT = Path(__file__).parents[3]


def relative(found, expected):
    """Largest difference, as a share of the largest value."""
    return ((found - expected).abs().max() / expected.abs().max()).item()


def compare_with_mmseg(feats, neck, expected_feats, head):
    """Pixel embeddings and all mask logits, and that they say something."""
    features = neck.forward_features(feats)
    embeddings, _ = head.pixel_decoder(expected_feats)
    _, masks = head(expected_feats, None)
    assert relative(features.mask_features, embeddings) <= 1e-4
    assert len(features.mask_embeds) == len(masks)
    for layer, mask in enumerate(masks):
        assert relative(features.mask_logits(layer), mask) <= 1e-4
    # the attention masks hide something, and layers differ
    assert .1 < (masks[-1] < 0).float().mean() < .9
    assert all(relative(a, b) > .1 for a, b in zip(masks, masks[1:]))
    return len(masks)


@pytest.fixture(scope='module')
def mmseg():
    return build_mmseg()


@pytest.fixture(scope='module')
def checkpoint(mmseg, tmp_path_factory):
    path = tmp_path_factory.mktemp('zoo') / 'mask2former_swin-s.pth'
    torch.save(
        dict(meta=dict(epoch=1), state_dict=mmseg.state_dict()), path)
    yield path
    path.unlink()  # 270 MB


@pytest.fixture(scope='module')
def estimator(checkpoint):
    """The model of configs/mtcp_nyud.py; only the path is another."""
    before = DefaultScope.get_current_instance()
    init_default_scope('mmseg')
    cfg = load_config_file(ROOT / 'configs' / 'mtcp_nyud.py')
    url = cfg.model.backbone.init_cfg.checkpoint
    assert url == cfg.model.neck.init_cfg.checkpoint
    assert url.startswith('https://') and 'mask2former_swin-s_8xb2' in url
    cfg.merge_from_dict({
        f'model.{part}.init_cfg.checkpoint': str(checkpoint)
        for part in ('backbone', 'neck')
    })
    model = MODELS.build(cfg.model)
    model.init_weights()
    if before is None:
        DefaultScope._instance_dict.clear()
    return model.eval()


class TestShippedModel:
    """Oracle: mmseg's EncoderDecoder with Mask2FormerHead, Swin-S, built
    from the config that mmseg ships, with random weights."""

    def test_every_number_arrives(self, mmseg, estimator):
        expected = mmseg.state_dict()
        for part, prefix in (('backbone', 'backbone.'), ('neck',
                                                         'decode_head.')):
            state = getattr(estimator, part).state_dict()
            for key, value in state.items():
                assert torch.equal(value, expected.pop(prefix + key)), key
        assert sorted(expected) == [
            'decode_head.cls_embed.bias', 'decode_head.cls_embed.weight'
        ]

    def test_report(self, estimator, checkpoint):
        report = estimator.loading_report
        backbone, neck = report.parts
        assert (backbone.name, neck.name) == ('backbone', 'neck')
        # counted once in mmseg's model: 4 + 24 x 14 + 3 x 3 + 4 x 2
        assert len(backbone.found.used) == 4 + 24 * 14 + 9 + 8
        assert len(neck.found.used) == 290
        assert not backbone.filled and not neck.filled
        reason = 'classifier, not part of the neck'
        assert report.ignored == {
            str(checkpoint): {
                'decode_head.cls_embed.weight': reason,
                'decode_head.cls_embed.bias': reason
            }
        }
        assert report.without == [
            f'decode_head.{k}' for k in estimator.decode_head.state_dict()
            if not k.endswith(('num_batches_tracked',
                               'relative_position_index'))
        ]

    @pytest.mark.parametrize('size', [(64, 96), (97, 130), (33, 65)])
    @torch.no_grad()
    def test_same_embeddings_and_masks(self, mmseg, estimator, size):
        image = torch.randn(1, 3, *size)
        expected = mmseg.backbone(image)
        feats = estimator.backbone(image)
        assert all(relative(a, b) <= 1e-4 for a, b in zip(feats, expected))
        number = compare_with_mmseg(feats, estimator.neck, expected,
                                    mmseg.decode_head)
        assert number == 10


@pytest.fixture(scope='module')
def pair():
    mmseg = build_mmseg(narrow=True)
    neck = Mask2FormerNeck(**NARROW['neck'])
    report = neck.load_state_dict(mmseg.decode_head.state_dict(), strict=False)
    assert not report.missing_keys
    return mmseg, neck.eval()


class TestNarrowModel:
    """Oracle: the same, with fewer and narrower layers."""

    @pytest.mark.parametrize('size', [(128, 160), (201, 75), (31, 97),
                                      (32, 32)])
    @torch.no_grad()
    def test_same_embeddings_and_masks(self, pair, size):
        mmseg, neck = pair
        feats = mmseg.backbone(torch.randn(2, 3, *size))
        assert compare_with_mmseg(feats, neck, feats, mmseg.decode_head) == 5

    def test_every_parameter_matters(self, pair):
        """Else the comparison would not see that it was not loaded."""
        mmseg, neck = pair
        feats = [f.detach() for f in mmseg.backbone(torch.randn(1, 3, 64, 96))]
        features = neck.forward_features(feats)
        loss = sum(
            features.mask_logits(i).square().mean()
            for i in range(len(features.mask_embeds)))
        loss.backward()
        # what a change of the parameter by its own size does to the loss
        effects = {
            n: ((p.grad * p).abs().sum() / loss).item()
            for n, p in neck.named_parameters()
        }
        neck.zero_grad()
        assert min(effects.values()) > 1e-4, min(effects, key=effects.get)
