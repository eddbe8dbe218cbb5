# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch

from mtcp_mm.models.losses import MaskedL1Loss
from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils.camera import Camera


@pytest.fixture
def task():
    return build_tasks(dict(depth=dict(type='mtcp_mm.DepthTask')))['depth']


class TestDepthTask:
    """Oracle: depths written by hand."""

    def test_missing_is_zero(self, task):
        raw = np.array([[np.nan, np.inf, -1., 2.5]])
        label = task.decode_label(raw)
        assert label.dtype == np.float32
        assert label.tolist() == [[0, 0, 0, 2.5]]
        assert task.valid_mask(
            task.label_to_tensor(label)).tolist() == [[False] * 3 + [True]]

    def test_unit_of_the_file(self, task):
        raw = np.array([[1500]], np.uint16)
        assert task.decode_label(raw, scale=1e-3).item() == pytest.approx(1.5)

    def test_disparity(self, task):
        """baseline * fx = 0.5 * 400 = 200 px m. 257 is one pixel, 2561 are
        ten; 1 is none and 0 is missing."""
        camera = Camera(400., 500., 3., 2., size=(2, 3), baseline=.5)
        raw = np.array([[0, 1, 257], [2561, 513, 12801]], np.uint16)
        options = dict(disparity=1 / 256, offset=1, camera=camera)
        label = task.decode_label(raw, **options)
        assert label.dtype == np.float32
        assert label.tolist() == [[0, 0, 200], [20, 100, 4]]
        label = task.decode_label(raw, far=100, **options)
        assert label.tolist() == [[0, 0, 0], [20, 0, 4]]

    @pytest.mark.parametrize('camera', [None, Camera(4, 4, 1, 1)])
    def test_disparity_needs_a_baseline(self, task, camera):
        with pytest.raises(ValueError, match='d.png.*baseline'):
            task.decode_label(np.ones((2, 2), np.uint16), 'd.png',
                              disparity=1., camera=camera)

    def test_far_is_missing(self, task):
        """Centimetres; the end of 16 bits is the sky."""
        raw = np.array([[123, 65535]], np.uint16)
        label = task.decode_label(raw, scale=.01, far=655.)
        assert label[0, 0] == pytest.approx(1.23) and label[0, 1] == 0

    def test_zoom_brings_nearer(self, task):
        label = np.array([[0., 3.]], np.float32)
        assert task.zoom_label(label, 1.5).tolist() == [[0., 2.]]

    def test_prediction_is_not_negative(self, task):
        assert task.predict(torch.tensor([[[-1., 2.]]])).tolist() == [[[0, 2]]]

    def test_constant_is_mean_of_labelled(self, task):
        sums = sum(
            task.constant_sums(torch.tensor(t))
            for t in ([[[0., 2.]]], [[[4., 6.]]]))
        assert task.constant_prediction(sums).item() == 4.

    def test_logits_are_metres(self, task):
        """Oracle: L1 by hand; the pixel without label does not count."""
        logits = torch.tensor([[[[1.5, 7., 9.]]]])
        target = torch.tensor([[[[2., 6., 0.]]]])
        assert task.loss(MaskedL1Loss(), logits, target).item() == .75

    def test_wrong_shape(self, task):
        with pytest.raises(ValueError, match=r'd.npy.*\(2, 2, 3\)'):
            task.decode_label(np.zeros((2, 2, 3)), 'd.npy')

    def test_near_is_brighter_and_missing_black(self, task):
        depth = np.array([[[1., 5., 0.]]], np.float32)
        near, far, missing = task.draw(depth)[0].astype(int).sum(-1)
        assert near > far and missing == 0


def build(**kwargs):
    return build_tasks(
        dict(depth=dict(type='mtcp_mm.DepthTask', **kwargs)))['depth']


class TestInverseDepth:
    """Oracle: by hand, 65536 / (100 m + 1): 32768 at 1 cm, 256 at 2.55 m,
    1 at 655.35 m."""

    def test_loss_compares_inverse_depths(self):
        task = build(encoding='inverse')
        target = torch.tensor([[[[.01, 2.55, 655.35, 0.]]]])
        logits = torch.tensor([[[[32768 + 4., 256., 3., 1e4]]]])
        assert task.loss(MaskedL1Loss(), logits, target).item() == 2.

    def test_prediction_in_metres(self):
        task = build(encoding='inverse')
        logits = torch.tensor([[[32768., 256., 1., .5, -3., 65536., 1e6]]])
        np.testing.assert_allclose(
            task.predict(logits)[0, 0],
            [.01, 2.55, 655.35, 655.35, 655.35, 0, 0], rtol=1e-6)

    def test_released_code_is_99_centimetres_off(self):
        """Its rule: 655.36 / d - 1; nearer than 0.99 m is cut off here."""
        task = build(encoding='inverse_released')
        logits = torch.tensor([[[256., 1., 32768.]]])
        np.testing.assert_allclose(
            task.predict(logits)[0, 0], [655.36 / 256 - 1, 654.36, 0],
            rtol=1e-6)

    def test_unit_of_the_logits(self):
        """A sixteenth of everything."""
        task = build(encoding='inverse', nearest=4096.)
        target = torch.tensor([[[[2.55]]]])
        logits = torch.tensor([[[[17.]]]])
        assert task.loss(MaskedL1Loss(), logits, target).item() == 1
        np.testing.assert_allclose(
            task.predict(logits[0] - 1)[0, 0], [2.55], rtol=1e-6)

    def test_mistakes(self):
        with pytest.raises(ValueError, match="`encoding`.*'log'"):
            build(encoding='log')
        with pytest.raises(ValueError, match='`nearest`.*-1'):
            build(nearest=-1)
