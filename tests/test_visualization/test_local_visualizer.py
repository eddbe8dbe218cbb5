# Copyright (c) mtcp_mm authors. All rights reserved.
import cv2
import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mtcp_mm.registry import VISUALIZERS
from mtcp_mm.visualization import MultiTaskLocalVisualizer
from .test_canvas import box

TASKS = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=3),
    depth=dict(type='mtcp_mm.DepthTask'),
    normals=dict(type='mtcp_mm.NormalsTask'))
ROAD, SKY, CAR = (101, 0, 0), (0, 102, 0), (0, 0, 103)
META = dict(
    task_meta=dict(
        semseg=dict(
            classes=('road', 'sky', 'car'), palette=[ROAD, SKY, CAR])))
PHOTO = (40, 60, 80)
# seen over the photo: 0.75 of the colour, 0.25 of its grey value 56.3
ROAD_SEEN, SKY_SEEN, CAR_SEEN = (90, 14, 14), (14, 90, 14), (14, 14, 91)


def make_sample(**maps):
    sample = SegDataSample()
    sample.set_data({
        key: PixelData(data=torch.as_tensor(value))
        for key, value in maps.items()
    })
    return sample


def plain(value, size=(4, 6)):
    return torch.full((1, *size), value)


@pytest.fixture
def visualizer():
    visualizer = MultiTaskLocalVisualizer()
    visualizer.dataset_meta = dict(META, tasks=TASKS)
    return visualizer


@pytest.fixture
def image():
    return np.full((4, 6, 3), PHOTO, np.uint8)


class TestMultiTaskLocalVisualizer:
    """Oracle: plain colours, found again where they belong."""

    def test_truth_above_prediction_right_of_input(self, visualizer, image):
        sample = make_sample(gt_semseg=plain(0), pred_semseg=plain(2))
        picture = visualizer.draw_sample(image, sample, with_labels=False)
        photo, truth, pred = (box(picture, c)
                              for c in (PHOTO, ROAD_SEEN, CAR_SEEN))
        for top, left, bottom, right in (photo, truth, pred):
            assert (bottom - top, right - left) == (200, 300)  # 50 x
        assert photo[0] == truth[0] and photo[3] < truth[1]
        assert truth[1] == pred[1] and truth[2] < pred[0]

    def test_columns_follow_tasks(self, visualizer, image):
        one = make_sample(gt_semseg=plain(0))
        both = make_sample(gt_semseg=plain(0), gt_depth=plain(2.))
        more = visualizer.draw_sample(image, both, with_labels=False)
        less = visualizer.draw_sample(image, one, with_labels=False)
        bar = more.shape[0] - less.shape[0]  # and its numbers
        assert 20 < bar < 45
        assert more.shape[1] - less.shape[1] > 300
        assert more.shape[1] - less.shape[1] < 320

    def test_helper_shows_its_truth_only(self, visualizer, image):
        tasks = dict(TASKS, semseg=dict(TASKS['semseg'], helper=True))
        visualizer.dataset_meta = dict(META, tasks=tasks)
        sample = make_sample(gt_semseg=plain(0), pred_semseg=plain(2))
        picture = visualizer.draw_sample(image, sample, with_labels=False)
        assert box(picture, ROAD_SEEN) and not box(picture, CAR_SEEN)

    @pytest.mark.parametrize('off, colour', [('draw_gt', ROAD_SEEN),
                                             ('draw_pred', CAR_SEEN)])
    def test_rows_can_be_left_out(self, visualizer, image, off, colour):
        sample = make_sample(gt_semseg=plain(0), pred_semseg=plain(2))
        whole = visualizer.draw_sample(image, sample, with_labels=False)
        half = visualizer.draw_sample(
            image, sample, with_labels=False, **{off: False})
        assert box(whole, colour) and not box(half, colour)
        assert half.shape[0] < .6 * whole.shape[0]
        assert half.shape[1] == whole.shape[1]

    def test_prediction_is_on_the_scale_of_the_truth(self, visualizer, image):
        truth = torch.arange(1., 25).view(1, 4, 6)
        pred = plain(0.)
        pred[0, 2] = truth[0, 2]
        picture = visualizer.draw_sample(
            image, make_sample(gt_depth=truth, pred_depth=pred))
        top, _, _, right = box(picture, PHOTO)
        margin = 6 + 50  # into the panel
        x = np.arange(6) * 50 + right + margin
        above = picture[top + 2 * 50 + 20, x]
        step = (picture.shape[0] - 6) // 2
        below = picture[top + step + 2 * 50 + 20, x]
        np.testing.assert_array_equal(above, below)
        assert len(np.unique(above, axis=0)) > 3

    def test_legend_names_what_occurs(self, visualizer, image):
        sample = make_sample(
            gt_semseg=torch.tensor([[[0, 255], [0, 0]]]),
            pred_semseg=torch.tensor([[[0, 1], [0, 0]]]))
        with_legend = visualizer.draw_sample(image, sample)
        without = visualizer.draw_sample(image, sample, with_labels=False)

        def area(picture, colour):
            return (picture == colour).all(-1).sum()

        for colour in (ROAD, SKY):  # a patch of about 13 x 13 pixels
            extra = area(with_legend, colour) - area(without, colour)
            assert 100 <= extra <= 200
        assert area(with_legend, CAR) == 0

    def test_legends_of_two_tasks_have_headings(self, image):
        tasks = dict(TASKS, parts=TASKS['semseg'])
        visualizer = MultiTaskLocalVisualizer(tasks=tasks)
        one = make_sample(gt_semseg=plain(0))
        two = make_sample(gt_semseg=plain(0), gt_parts=plain(1))
        assert visualizer._join({'semseg': [('a', ROAD)]}) == [('a', ROAD)]
        heights = [visualizer.draw_sample(image, s).shape[0]
                   for s in (one, two)]
        assert heights[0] <= heights[1]
        assert visualizer._join(
            dict(semseg=[('a', ROAD)], parts=[('b', SKY)])) == [
                ('semseg', None), ('a', ROAD), ('parts', None), ('b', SKY)]

    def test_error_row_is_below(self, visualizer, image):
        sample = make_sample(
            gt_semseg=plain(0), pred_semseg=plain(2), gt_depth=plain(2.))
        without = visualizer.draw_sample(image, sample)
        visualizer.with_error = True
        picture = visualizer.draw_sample(image, sample)
        # all pixels are wrong: red over the photo, grey 56.3
        wrong = box(picture, (174, 43, 44))
        assert wrong[0] > box(picture, CAR_SEEN)[2]
        assert (wrong[2] - wrong[0], wrong[3] - wrong[1]) == (200, 300)
        assert not box(without, (174, 43, 44))
        # depth has no prediction: its column has no error
        assert (picture[wrong[0]:, wrong[3] + 20:] == 255).all()

    def test_kind_of_error_reaches_the_task(self, image):
        visualizer = MultiTaskLocalVisualizer(
            tasks=TASKS, with_error=True, error_kinds=dict(depth='wrong'))
        with pytest.raises(ValueError, match='absolute, relative'):
            visualizer.draw_sample(image, make_sample(gt_depth=plain(2.)))

    def test_large_image_is_shrunk(self, visualizer):
        image = np.full((1000, 2000, 3), PHOTO, np.uint8)
        sample = make_sample(gt_semseg=plain(0, (1000, 2000)))
        picture = visualizer.draw_sample(image, sample, with_labels=False)
        for colour in (PHOTO, ROAD_SEEN):
            top, left, bottom, right = box(picture, colour)
            assert (bottom - top, right - left) == (320, 640)

    def test_map_of_other_size_is_fitted(self, visualizer, image):
        sample = make_sample(gt_semseg=plain(1, (2, 2)))
        picture = visualizer.draw_sample(image, sample, with_labels=False)
        top, left, bottom, right = box(picture, SKY_SEEN)
        assert (bottom - top, right - left) == (200, 300)

    @pytest.mark.parametrize('sample', [None, SegDataSample()])
    def test_nothing_to_draw_but_the_input(self, visualizer, image, sample):
        picture = visualizer.draw_sample(image, sample)
        assert box(picture, PHOTO)
        assert picture.shape[1] < 320

    def test_without_dataset_meta(self, image):
        visualizer = MultiTaskLocalVisualizer(tasks=TASKS)
        sample = make_sample(
            gt_semseg=plain(0), pred_normals=torch.ones(3, 4, 6))
        assert visualizer.draw_sample(image, sample).ndim == 3

    def test_needs_tasks(self, image):
        with pytest.raises(ValueError, match='does not know the tasks'):
            MultiTaskLocalVisualizer().draw_sample(image)

    def test_writes_file(self, visualizer, image, tmp_path):
        sample = make_sample(gt_semseg=plain(0), pred_depth=plain(1.))
        out = tmp_path / 'new' / 'a.png'
        visualizer.add_datasample('x', image, sample, out_file=str(out))
        np.testing.assert_array_equal(
            cv2.imread(str(out))[..., ::-1],
            visualizer.draw_sample(image, sample))

    def test_feeds_backends(self, image, tmp_path):
        visualizer = VISUALIZERS.build(
            dict(
                type='mtcp_mm.MultiTaskLocalVisualizer',
                name=tmp_path.name,
                tasks=TASKS,
                save_dir=str(tmp_path),
                vis_backends=[dict(type='LocalVisBackend')]))
        visualizer.add_datasample('val_7', image, step=30)
        stored = tmp_path / 'vis_data' / 'vis_image' / 'val_7_30.png'
        np.testing.assert_array_equal(
            cv2.imread(str(stored))[..., ::-1], visualizer.draw_sample(image))

    def test_shows_what_it_draws(self, visualizer, image, monkeypatch):
        shown = []
        monkeypatch.setattr(
            visualizer, 'show',
            lambda picture, **kwargs: shown.append((picture, kwargs)))
        visualizer.add_datasample('x', image, show=True, wait_time=2)
        (picture, kwargs), = shown
        np.testing.assert_array_equal(picture, visualizer.draw_sample(image))
        assert kwargs == dict(win_name='x', wait_time=2)
