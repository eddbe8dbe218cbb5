# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch

from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils.camera import Camera


@pytest.fixture
def task():
    return build_tasks(
        dict(normals=dict(type='mtcp_mm.NormalsTask')))['normals']


class TestNormalsTask:
    """Oracle: vectors written by hand."""

    def test_unit_length_and_missing(self, task):
        raw = np.array([[[0, 3, 4], [0, 0, 0], [np.nan, 0, 1]]])
        label = task.decode_label(raw)
        np.testing.assert_allclose(
            label, [[[0, .6, .8], [0, 0, 0], [0, 0, 0]]], atol=1e-7)
        valid = task.valid_mask(task.label_to_tensor(label))
        assert valid.tolist() == [[True, False, False]]

    def test_from_depth(self, task):
        """A wall straight ahead, 2 m away, and a hole in it."""
        raw = np.full((8, 9), 2000, np.uint16)
        raw[0, 0] = 0
        camera = Camera(50., 50., 4., 4., size=(8, 9))
        label = task.decode_label(raw, camera=camera,
                                  from_depth=dict(scale=1e-3, radius=1))
        assert label[0, 0].tolist() == [0, 0, 0]
        known = np.delete(label.reshape(-1, 3), 0, 0)
        np.testing.assert_allclose(known, [[0, 0, -1]] * 71, atol=1e-5)
        assert task.doubt(raw, label) is None
        with pytest.raises(ValueError, match='d.png.*needs a camera'):
            task.decode_label(raw, 'd.png', from_depth={})

    def test_eight_bit_grey_is_missing(self, task):
        """127 and 128 decode to +-0.004, never to the 0-vector."""
        raw = np.array([[[127, 128, 127], [128, 128, 0]]], np.uint8)
        label = task.decode_label(raw)
        assert label[0, 0].tolist() == [0, 0, 0]
        np.testing.assert_allclose(label[0, 1], [0, 0, -1], atol=5e-3)

    def test_eight_bits(self, task):
        """Oracle: 2 * v / 255 - 1 in float64; a float32 has 24 bits."""
        raw = np.stack(
            np.meshgrid(*[np.arange(0, 256, 3, dtype=np.uint8)] * 3), -1)
        raw = raw.reshape(86, -1, 3)
        label = task.decode_label(raw)
        exact = 2 * raw.astype(np.float64) / 255 - 1
        length = np.linalg.norm(exact, axis=-1, keepdims=True)
        expected = np.where(length < .1, 0, exact / length)
        assert label.dtype == np.float32
        np.testing.assert_allclose(label, expected, rtol=0, atol=2e-7)

    @pytest.mark.parametrize('direction, expected', [
        ('horizontal', [-1, 2, 3]),
        ('vertical', [1, -2, 3]),
        ('diagonal', [-1, -2, 3]),
    ])
    def test_mirror_turns_sign(self, task, direction, expected):
        label = np.array([[[1., 2., 3.]]])
        assert task.flip_label(label, direction)[0, 0].tolist() == expected
        logits = torch.tensor([1., 2., 3.]).view(3, 1, 1)
        seen = task.unflip_logits(logits, direction)
        assert seen.flatten().tolist() == expected
        assert logits.flatten().tolist() == [1, 2, 3]

    @pytest.mark.parametrize('degrees, expected', [
        (90, [-2, 1, 3]),
        (-90, [2, -1, 3]),
        (180, [-1, -2, 3]),
    ])
    def test_turns_with_the_picture(self, task, degrees, expected):
        """By hand: turned clockwise, what pointed right (x) points down
        (y), and what pointed down points left. A missing one stays so."""
        label = np.array([[[1., 2., 3.], [0., 0., 0.]]], np.float32)
        turned = task.rotate_label(label, degrees)
        np.testing.assert_allclose(turned[0, 0], expected, atol=1e-6)
        assert turned[0, 1].tolist() == [0, 0, 0]
        assert turned.dtype == np.float32
        assert label[0, 0].tolist() == [1, 2, 3]

    def test_prediction_has_unit_length(self, task):
        out = task.predict(torch.tensor([0., 3., 4.]).view(3, 1, 1))
        torch.testing.assert_close(out.flatten(), torch.tensor([0., .6, .8]))

    def test_prediction_of_any_length(self):
        """It is handed out as it is, but drawn and compared as of one."""
        tasks = dict(normals=dict(
            type='mtcp_mm.NormalsTask', unit_length=False))
        task = build_tasks(tasks)['normals']
        logits = torch.tensor([0., 0., -4.]).view(3, 1, 1)
        out = task.predict(logits)
        assert out.flatten().tolist() == [0, 0, -4]
        assert task.draw(out.numpy())[0, 0].tolist() == [128, 128, 255]
        truth = np.array([0., -1., 0.]).reshape(3, 1, 1)
        assert task.error_map(out.numpy(), truth) == pytest.approx(90)

    def test_constant_is_mean_direction(self, task):
        targets = ([0., 0., 1.], [1., 0., 0.], [0., 0., 0.])
        sums = sum(
            task.constant_sums(torch.tensor(t).view(3, 1, 1)) for t in targets)
        out = task.constant_prediction(sums).flatten()
        torch.testing.assert_close(out, torch.tensor([.5**.5, 0., .5**.5]))

    def test_surface_facing_the_camera_is_blue(self, task):
        facing = np.array([0., 0., -1.]).reshape(3, 1, 1)
        assert task.draw(facing)[0, 0].tolist() == [128, 128, 255]
        assert task.draw(np.zeros((3, 1, 1)))[0, 0].tolist() == [0, 0, 0]

    def test_wrong_shape(self, task):
        with pytest.raises(ValueError, match=r'n.npy.*\(2, 2\)'):
            task.decode_label(np.zeros((2, 2)), 'n.npy')
