# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch
from mmseg.structures import SegDataSample

from mtcp_mm.models.estimators.slide import slide, window_starts
from tests.test_models.test_estimators.toy_networks import (
    PREPROCESSOR,
    TASKS,
    toy,
)


def slider(crop, stride, **kwargs):
    return toy(test_cfg=dict(mode='slide', crop_size=crop, stride=stride),
               **kwargs)


class TestWindows:
    """Oracle: a table made with pencil and paper."""

    @pytest.mark.parametrize('length, crop, stride, starts', [
        (10, 4, 4, [0, 4, 6]), (12, 4, 4, [0, 4, 8]), (10, 4, 2, [0, 2, 4, 6]),
        (9, 4, 3, [0, 3, 5]), (4, 4, 1, [0]), (3, 4, 4, [0])])
    def test_starts(self, length, crop, stride, starts):
        assert window_starts(length, crop, stride) == starts


class TestSlide:
    """Oracle: windows cut by hand, predicted by the same model as whole
    images, and averaged in float64 by NumPy."""

    def test_stride_as_crop_is_tile_by_tile(self):
        x = torch.randn(2, 3, 32, 48)
        got = slider((16, 24), (16, 24)).inference(x)
        whole = toy()
        for name in TASKS:
            for top in (0, 16):
                for left in (0, 24):
                    tile = (..., slice(top, top + 16), slice(left, left + 24))
                    torch.testing.assert_close(
                        got[name][tile], whole.encode_decode(x[tile])[name],
                        rtol=0, atol=1e-6)
        assert not torch.allclose(got['depth'], whole.inference(x)['depth'])

    @pytest.mark.parametrize('size', [(40, 56), (37, 51)])
    def test_seams_are_the_mean_of_logits(self, size):
        """The border windows overlap the more."""
        x = torch.randn(1, 3, *size)
        got = slider((16, 24), (8, 20)).inference(x)
        tops = {40: [0, 8, 16, 24], 37: [0, 8, 16, 21]}[size[0]]
        lefts = {56: [0, 20, 32], 51: [0, 20, 27]}[size[1]]
        whole = toy()
        for name, channels in dict(
                semseg=4, depth=1, normals=3, edge=1).items():
            total = np.zeros((channels, *size))
            count = np.zeros(size)
            for top in tops:
                for left in lefts:
                    tile = (..., slice(top, top + 16), slice(left, left + 24))
                    total[tile] += whole.encode_decode(x[tile])[name][0].numpy(
                    ).astype(np.float64)
                    count[tile] += 1
            np.testing.assert_allclose(got[name][0], total / count, atol=1e-6)
            assert count.min() == 1 and count.max() >= 4

    @pytest.mark.parametrize('size', [(12, 20), (16, 20), (12, 40)])
    def test_smaller_than_the_crop(self, size):
        """One side or both: that side is one window, not padded."""
        x = torch.randn(1, 3, *size)
        got = slider((16, 24), (16, 16)).inference(x)
        whole = toy()
        if size[1] <= 24:
            expected = whole.encode_decode(x)['depth']
        else:
            left, right = (whole.encode_decode(part)['depth']
                           for part in (x[..., :24], x[..., 16:]))
            expected = torch.cat([
                left[..., :16], (left[..., 16:] + right[..., :8]) / 2,
                right[..., 8:]
            ], -1)
        torch.testing.assert_close(got['depth'], expected, rtol=0, atol=1e-6)

    def test_predict_takes_the_windows(self):
        """Argmax and unit length come after the mean, not before."""
        x = torch.randn(1, 3, 32, 48)
        model = slider((16, 24), (8, 12))
        sample, = model(x, [SegDataSample()], mode='predict')
        logits = model.inference(x)
        assert torch.equal(sample.pred_semseg.data[0],
                           logits['semseg'][0].argmax(0))
        torch.testing.assert_close(sample.pred_normals.data.norm(dim=0),
                                   torch.ones(32, 48))

    def test_holds_one_window(self):
        """Oracle: the pixels that a counting network was shown at once."""
        seen = []

        def network(x):
            seen.append(x.shape[-2:].numel())
            return dict(depth=x.mean(1, keepdim=True))

        x = torch.rand(1, 3, 64, 64)
        got = slide(network, x, (16, 16), (16, 16))['depth']
        torch.testing.assert_close(got, x.mean(1, keepdim=True))
        assert seen == [256] * 16


@pytest.mark.parametrize('batch_size', [2, 3, 5])
def test_mixed_sizes_at_every_batch_size(batch_size):
    """Oracle: one image at a time."""
    sizes = [(16, 20), (40, 48), (13, 24), (40, 42), (8, 8)]
    images = [torch.randint(0, 256, (3, *size)).byte() for size in sizes]
    model = slider((16, 24), (12, 16), data_preprocessor=PREPROCESSOR)

    def predict(number):
        for start in range(0, 5, number):
            rows = range(start, min(start + number, 5))
            yield from model.test_step(dict(
                inputs=[images[i] for i in rows],
                data_samples=[SegDataSample(metainfo=dict(ori_shape=sizes[i]))
                              for i in rows]))

    for alone, together in zip(predict(1), predict(batch_size)):
        for task in TASKS:
            torch.testing.assert_close(
                together.get(f'pred_{task}').data,
                alone.get(f'pred_{task}').data, rtol=0, atol=1e-5)


@pytest.mark.parametrize('test_cfg, message', [
    (dict(mode='slied'), "mode = 'slied'.*'whole' or 'slide'.*`slide`"),
    (dict(mode='slide', stride=(8, 8)), r'crop_size = None.*crop_size=\(512'),
    (dict(mode='slide', crop_size=(8, 8)), 'stride = None'),
    (dict(mode='slide', crop_size=8, stride=(8, 8)), 'crop_size = 8,'),
    (dict(mode='slide', crop_size=(8, 0), stride=(8, 8)), r'\(8, 0\)'),
    (dict(mode='slide', crop_size=(8, 8), stride=(4, 9)),
     r'stride = \(4, 9\).*crop_size = \(8, 8\)'),
    (dict(mode='slide', crop=(8, 8), stride=(8, 8)), 'test_cfg.crop`.*Known')])
def test_refused(test_cfg, message):
    with pytest.raises(ValueError, match=message):
        toy(test_cfg=test_cfg)


def test_mode_alone_can_be_switched():
    x = torch.randn(1, 3, 32, 48)
    model = toy(test_cfg=dict(mode='whole', crop_size=(8, 8), stride=(8, 8)))
    torch.testing.assert_close(model.inference(x), toy().inference(x))
