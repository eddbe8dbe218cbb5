# Copyright (c) mtcp_mm authors. All rights reserved.
import cv2
import numpy as np
import pytest
import torch
from mmcv.transforms import Compose
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope

from mtcp_mm.engine.test_views import trained_zooms, view_pipeline
from mtcp_mm.models.estimators import MultiTaskTTAModel
from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils.camera import Camera
from tests.test_models.test_estimators.toy_networks import (
    GradientHead,
    PassingBackbone,
    toy,
)

RESIZE = dict(type='mmseg.Resize', scale=(32, 24), keep_ratio=False)
LOAD = dict(type='mtcp_mm.LoadMultiTaskAnnotations')
PACK = dict(type='mtcp_mm.PackMultiTaskInputs')
TASKS = dict(depth=dict(type='mtcp_mm.DepthTask'))


@pytest.fixture(autouse=True)
def scope():
    init_default_scope('mmseg')


@pytest.fixture
def results(tmp_path):
    """A photo of 64x48 whose label is half as large, of a known camera."""
    path = tmp_path / 'depth.npy'
    np.save(path, np.full((48, 64), 3, np.float32))
    image = np.random.RandomState(0).randint(0, 256, (48, 64, 3))
    return dict(
        img=image.astype(np.uint8), img_path='a.jpg', img_shape=(48, 64),
        ori_shape=(48, 64), tasks=build_tasks(TASKS), seg_fields=[],
        label_infos=dict(depth=dict(path=str(path))),
        camera=Camera(fx=50., fy=50., cx=31.5, cy=23.5, size=(48, 64)))


def run(results, *pipeline, scales=(1., 1.5)):
    return Compose(view_pipeline(pipeline, scales))(results)


class TestViews:
    """Oracle: OpenCV and NumPy on the image of the file."""

    @pytest.mark.parametrize('pipeline, base', [
        ((RESIZE, LOAD, PACK), (32, 24)), ((LOAD, PACK), (64, 48)),
        ((dict(type='mmseg.Resize', scale_factor=.5), LOAD, PACK), None)])
    def test_images(self, results, pipeline, base):
        image = results['img']
        got = run(results, *pipeline)
        if base is None:  # two steps, as nobody knows the size before
            base, image = (32, 24), cv2.resize(image, (32, 24))
        expected = []
        for scale in (1, 1.5):
            size = tuple(int(side * scale) for side in base)
            plain = cv2.resize(image, size)
            expected += [plain, plain[:, ::-1]]
        assert len(got['inputs']) == 4
        for view, picture in zip(got['inputs'], expected):
            np.testing.assert_array_equal(
                view.numpy().transpose(1, 2, 0), picture)

    def test_what_samples_tell(self, results):
        samples = run(results, RESIZE, LOAD, PACK)['data_samples']
        assert [s.get('zoom', 1.) for s in samples] == [1, 1, 1.5, 1.5]
        assert [s.get('flip', False) for s in samples] == [
            False, True, False, True]
        assert all(s.ori_shape == (48, 64) for s in samples)
        # the label of the file once, and not zoomed
        assert ['gt_depth' in s for s in samples] == [True] + [False] * 3
        assert torch.equal(samples[0].gt_depth.data,
                           torch.full((1, 48, 64), 3.))

    def test_intrinsics_of_the_zoom(self, results):
        """A camera with half, and 1.5 times half the pixels."""
        samples = run(results, RESIZE, LOAD, PACK)['data_samples']
        focal = [s.intrinsics[0, 0] for s in samples]
        np.testing.assert_allclose(np.abs(focal), [25, 25, 37.5, 37.5])

    def test_own_meta_keys_are_completed(self, results):
        pack = dict(PACK, meta_keys=('img_path', 'ori_shape'))
        sample = run(results, RESIZE, LOAD, pack)['data_samples'][-1]
        assert (sample.zoom, sample.flip) == (1.5, True)

    def test_config_stays(self):
        pipeline = [dict(RESIZE), dict(LOAD), dict(PACK)]
        view_pipeline(pipeline)
        assert pipeline == [RESIZE, LOAD, PACK]

    @pytest.mark.parametrize('pipeline, found', [
        ((LOAD, RESIZE, PACK), r'\[LoadMultiTaskAnnotations, Resize, Pack'),
        ((RESIZE, ), r'\[Resize\]'),
        ((dict(type='TestTimeAug', transforms=[]), ), r'\[TestTimeAug\]')])
    def test_no_place(self, pipeline, found):
        with pytest.raises(ValueError, match=f'no place.*{found}.*tta_pipel'):
            view_pipeline(pipeline)

    @pytest.mark.parametrize('scales', [(), (1, 0), (-1, )])
    def test_bad_zooms(self, scales):
        with pytest.raises(ValueError, match='above 0'):
            view_pipeline((LOAD, PACK), scales)


def test_zooms_of_the_training():
    """Oracle: the configs, read by eye."""
    zoom = dict(type='mtcp_mm.MultiTaskRandomResize', ratio_range=(.5, .8))
    other = dict(type='RandomResize', ratio_range=(.1, 9.))  # depth stays
    data = [dict(pipeline=[LOAD, zoom, other]),
            dict(pipeline=[dict(zoom, ratio_range=(1., 1.4))])]
    assert trained_zooms(dict(train_dataloader=dict(
        dataset=dict(datasets=data)))) == (.5, 1.4)
    assert trained_zooms(dict(train_dataloader=dict(
        dataset=dict(pipeline=[dict(zoom, ratio_range=(1.1, 1.2))])))) == (
            1., 1.2)
    assert trained_zooms(dict(test_dataloader=data)) == (1., 1.)


def test_zoom_of_a_ramp_changes_nothing(results):
    """Oracle: the plain prediction of a network for which half the slope is
    half as far: 8 grey values per pixel, 2 * 8 over two pixels, 4 in the
    image that is twice as large."""
    ramp = np.tile(np.arange(0, 256, 8), (24, 1))
    results['img'] = np.stack([ramp] * 3, -1).astype(np.uint8)
    results.update(ori_shape=(24, 32), img_shape=(24, 32), label_infos={})
    del results['camera']
    data = pseudo_collate([run(results, LOAD, PACK, scales=(.5, 1., 2.))])
    model = toy(
        PassingBackbone, GradientHead,
        data_preprocessor=dict(type='mtcp_mm.MultiTaskDataPreProcessor'))
    sample, = MultiTaskTTAModel(model).test_step(data)
    inner = sample.pred_depth.data[0, 4:-4, 4:-4]
    torch.testing.assert_close(inner, torch.full_like(inner, 16.))
