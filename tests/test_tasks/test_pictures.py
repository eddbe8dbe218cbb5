# Copyright (c) mtcp_mm authors. All rights reserved.
"""What tasks tell a visualiser: legends, scales, errors, files."""
import math

import numpy as np
import pytest

from mtcp_mm.tasks import build_tasks

NAN = np.nan
TASKS = build_tasks(
    dict(
        semseg=dict(type='mtcp_mm.SemSegTask', num_classes=4),
        depth=dict(type='mtcp_mm.DepthTask'),
        normals=dict(type='mtcp_mm.NormalsTask'),
        edge=dict(type='mtcp_mm.EdgeTask')))


def unit(*degrees):
    """Unit vectors (3, 1, N) in the x-z plane, turned by some angles."""
    a = np.radians(degrees)
    return np.stack([np.sin(a), 0 * a, np.cos(a)])[:, None].astype(np.float32)


class TestErrorMap:
    """Oracle: numbers by hand."""

    def test_wrong_classes(self):
        truth = np.array([[[0, 1, 255, 3]]])
        error = TASKS['semseg'].error_map(np.array([[[0, 2, 1, 3]]]), truth)
        np.testing.assert_array_equal(error, [[0, 1, NAN, 0]])
        assert TASKS['semseg'].error_summary(error) == '33.3 % wrong'
        scale = TASKS['semseg'].error_scale(error)
        assert [n for n, _ in scale.entries()] == ['right', 'wrong',
                                                   'no label']

    @pytest.mark.parametrize('kind, expected, words',
                             [(None, [[1, .5, NAN]], 'mean 0.75 m'),
                              ('absolute', [[1, .5, NAN]], 'mean 0.75 m'),
                              ('relative', [[50, 12.5, NAN]], 'mean 31.2 %')])
    def test_depth(self, kind, expected, words):
        task = TASKS['depth']
        truth = np.array([[[2., 4., 0.]]], np.float32)
        pred = np.array([[[3., 3.5, 7.]]], np.float32)
        error = task.error_map(pred, truth, kind)
        np.testing.assert_allclose(error, expected)
        assert task.error_summary(error, kind) == words

    @pytest.mark.parametrize('angle', [0, 1e-3, 45, 90, 179.9, 180])
    def test_angles(self, angle):
        """Small and large ones, where arccos of a float32 would fail."""
        truth, pred = unit(10, 10), unit(10 + angle, 10 - angle)
        error = TASKS['normals'].error_map(pred, truth)
        np.testing.assert_allclose(error, [[angle] * 2], atol=2e-5)
        truth[..., 1] = 0
        error = TASKS['normals'].error_map(pred, truth)
        assert math.isnan(error[0, 1]) and not math.isnan(error[0, 0])

    def test_probability(self):
        truth = np.array([[[1, 0, 255]]])
        pred = np.array([[[.75, .5, .5]]], np.float32)
        error = TASKS['edge'].error_map(pred, truth)
        np.testing.assert_allclose(error, [[.25, .5, NAN]])

    @pytest.mark.parametrize('name', TASKS)
    def test_nothing_labelled(self, name):
        task = TASKS[name]
        truth = np.full((3 if name == 'normals' else 1, 2, 2),
                        task.ignore_value)
        error = task.error_map(np.ones_like(truth), truth)
        assert np.isnan(error).all()
        assert task.error_summary(error) == 'no label'
        assert task.error_scale(error).paint(error).shape == (2, 2, 3)


class TestErrorScale:

    def test_ends_at_round_number_above_most_errors(self):
        error = np.linspace(0, 3, 101, dtype=np.float32)[None]  # 95 %: 2.85
        scale = TASKS['depth'].error_scale(error)
        assert (scale.low, scale.high, scale.clipped) == (0, 5, False)
        error[0, -1] = 50
        scale = TASKS['depth'].error_scale(error)
        assert (scale.high, scale.clipped, scale.unit) == (5, True, ' m')

    def test_angles_have_a_fixed_scale(self):
        for error in ([[0., 1.]], [[0., 60.]], [[0., 61.]]):
            scale = TASKS['normals'].error_scale(np.float32(error))
            assert scale.high == 60
            assert scale.clipped == (error[0][1] > 60)


def test_scale_of_depth_spans_what_is_known():
    reference = np.array([[[0, 2.5, 4, np.float32(7)]]])
    scale = TASKS['depth'].scale(reference)
    assert (scale.low, scale.high, scale.unit) == (2.5, 7, ' m')
    assert scale.colours[0].sum() > scale.colours[-1].sum()  # near is bright
    nothing = TASKS['depth'].scale(np.zeros((1, 2, 2)))
    assert nothing.high > nothing.low
    plain = TASKS['depth'].scale(np.ones((1, 2, 2)))
    assert plain.high > plain.low
    assert TASKS['normals'].scale(reference) is None


class TestLegend:
    maps = [np.array([[[1, 255]]]), np.array([[[3, 1]]])]

    def test_names_of_what_occurs(self):
        meta = dict(
            classes=list('abcd'), palette=[[i + 1] * 3 for i in range(4)])
        assert TASKS['semseg'].legend(self.maps, meta) == [
            ('b', (2, 2, 2)), ('d', (4, 4, 4)), ('no label', (0, 0, 0))]
        assert TASKS['semseg'].legend(self.maps[1:], meta) == [
            ('b', (2, 2, 2)), ('d', (4, 4, 4))]

    def test_without_names(self):
        legend = TASKS['semseg'].legend(self.maps)
        assert [name for name, _ in legend] == ['class 1', 'class 3',
                                                'no label']
        for (_, colour), index in zip(legend, (1, 3, 255)):
            drawn = TASKS['semseg'].draw(np.array([[[index]]]))
            assert tuple(drawn[0, 0].tolist()) == colour

    def test_void_is_no_colour_of_a_class(self):
        meta = dict(
            classes=list('abcd'), palette=[[i, i, i] for i in range(4)])
        colours = dict(TASKS['semseg'].legend(
            [np.array([[[0, 1, 2, 3, 255]]])], meta))
        assert len(set(colours.values())) == 5

    def test_amounts_have_none(self):
        assert TASKS['depth'].legend([np.ones((1, 2, 2))]) == []


class TestToPng:
    """Oracle: numbers by hand."""

    def test_millimetres(self):
        depth = np.array([[[0, .0004, .0006, 1.2344, 65.535, 65.6, 1e9]]])
        image, meaning = TASKS['depth'].to_png(depth.astype(np.float32))
        assert image.dtype == np.uint16
        np.testing.assert_array_equal(
            image, [[0, 0, 1, 1234, 65535, 65535, 65535]])
        assert 'millimetres' in meaning

    def test_others_have_none(self):
        assert TASKS['normals'].to_png(np.ones((3, 2, 2))) is None
