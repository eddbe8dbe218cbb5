# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch
from mmengine.structures import PixelData

from mtcp_mm.tasks import build_tasks
from mtcp_mm.visualization import TaskPanels, draw_task
from mtcp_mm.visualization.panels import lay_over

TASKS = build_tasks(
    dict(
        semseg=dict(type='mtcp_mm.SemSegTask', num_classes=2),
        depth=dict(type='mtcp_mm.DepthTask')))
META = dict(classes=('a', 'b'), palette=[[100, 0, 0], [0, 200, 0]])


def test_lay_over_mixes_with_grey():
    """Oracle: 0.299 R + 0.587 G + 0.114 B."""
    picture = np.array([[[200, 100, 0]]], np.uint8)
    image = np.full((8, 8, 3), (10, 20, 30), np.uint8)  # grey 18.15
    mixed = lay_over(picture, image, .75)
    np.testing.assert_array_equal(mixed, [[[154, 80, 4]]])
    np.testing.assert_array_equal(lay_over(picture, image, 1.), picture)


class TestDrawTask:
    """Oracle: colours of the palette, numbers by hand."""
    truth = np.array([[[0, 1], [1, 255]]])
    pred = np.array([[[0, 0], [1, 0]]])

    def test_class_map(self):
        panels = draw_task(TASKS['semseg'], self.truth, self.pred, meta=META)
        a, b, void = [100, 0, 0], [0, 200, 0], [0, 0, 0]
        np.testing.assert_array_equal(panels.truth, [[a, b], [b, void]])
        np.testing.assert_array_equal(panels.prediction, [[a, a], [b, a]])
        right, wrong = (list(c) for _, c in panels.error_scale.entries()[:2])
        np.testing.assert_array_equal(panels.error,
                                      [[right, wrong], [right, void]])
        assert [name for name, _ in panels.legend] == ['a', 'b',
                                                      'no label']
        assert panels.error_summary == '33.3 % wrong'
        assert panels.scale is None

    def test_takes_what_samples_hold(self):
        expected = draw_task(TASKS['semseg'], self.truth, self.pred)
        truth, pred = torch.tensor(self.truth), torch.tensor(self.pred)
        for wrap in (lambda x: x, lambda x: PixelData(data=x)):
            panels = draw_task(TASKS['semseg'], wrap(truth), wrap(pred))
            np.testing.assert_array_equal(panels.error, expected.error)

    def test_half_precision(self):
        depth = torch.tensor([[[1., 2.]]], dtype=torch.bfloat16)
        panels = draw_task(TASKS['depth'], pred=depth)
        assert (panels.scale.low, panels.scale.high) == (1, 2)

    def test_image_shows_through_classes_only(self):
        image = np.full((2, 2, 3), 40, np.uint8)
        panels = draw_task(TASKS['semseg'], self.truth, image=image, meta=META)
        assert panels.truth[0, 0].tolist() == [85, 10, 10]
        depth = np.ones((1, 2, 2), np.float32)
        with_image = draw_task(TASKS['depth'], depth, image=image)
        without = draw_task(TASKS['depth'], depth)
        np.testing.assert_array_equal(with_image.truth, without.truth)

    def test_prediction_has_the_scale_of_the_truth(self):
        truth = np.array([[[1., 3., 2.]]], np.float32)
        pred = np.array([[[9., 3., 2.]]], np.float32)
        panels = draw_task(TASKS['depth'], truth, pred)
        assert (panels.scale.low, panels.scale.high) == (1, 3)
        np.testing.assert_array_equal(panels.prediction[0],
                                      panels.truth[0, [1, 1, 2]])
        alone = draw_task(TASKS['depth'], pred=pred)
        assert (alone.scale.low, alone.scale.high) == (2, 9)
        assert alone.truth is None and alone.error is None

    def test_kind_of_error(self):
        truth = np.full((1, 2, 2), 4, np.float32)
        panels = draw_task(
            TASKS['depth'], truth, truth + 1, kind='relative')
        assert panels.error_summary == 'mean 25 %'
        with pytest.raises(ValueError, match='absolute, relative'):
            draw_task(TASKS['depth'], truth, kind='wrong')

    def test_maps_of_different_size(self):
        truth, pred = np.ones((1, 2, 2)), np.ones((1, 3, 3))
        with pytest.raises(ValueError, match=r'\(1, 2, 2\).*\(1, 3, 3\)'):
            draw_task(TASKS['depth'], truth, pred)
        assert draw_task(
            TASKS['depth'], truth, pred, with_error=False).error is None

    def test_nothing(self):
        assert draw_task(TASKS['depth']) == TaskPanels()
