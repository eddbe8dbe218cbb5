# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import nn

from mtcp_mm.models.estimators import MultiTaskTTAModel
from mtcp_mm.registry import TASKS as REGISTRY
from mtcp_mm.tasks import DepthTask
from tests.test_models.test_estimators.toy_networks import (
    PREPROCESSOR,
    TASKS,
    GradientHead,
    PassingBackbone,
    toy,
)

SIZE = (16, 24)


def view(images, flipped=False, zoom=None, size=SIZE):
    """One view of a batch."""
    images = [x.flip(-1) if flipped else x for x in images]
    meta = dict(ori_shape=size)
    if flipped:
        meta.update(flip=True, flip_direction='horizontal')
    if zoom is not None:
        meta.update(zoom=zoom)
    return images, [SegDataSample(metainfo=dict(meta)) for _ in images]


def batch(*views):
    """As TestTimeAug and pseudo_collate have it."""
    images, samples = zip(*views)
    return dict(inputs=list(images), data_samples=list(samples))


def photos(number=2, size=SIZE):
    return [torch.randint(0, 256, (3, *size)).byte() for _ in range(number)]


def test_equivariant_network_is_left_alone():
    """Oracle: its plain prediction."""
    model = toy(PassingBackbone, GradientHead, data_preprocessor=PREPROCESSOR)
    images = photos()
    plain = model.test_step(
        dict(zip(('inputs', 'data_samples'), view(images))))
    got = MultiTaskTTAModel(model).test_step(
        batch(view(images), view(images, flipped=True)))
    for a, b in zip(got, plain):
        assert torch.equal(a.pred_semseg.data, b.pred_semseg.data)
        for task in ('depth', 'normals', 'edge'):
            torch.testing.assert_close(
                a.get(f'pred_{task}').data, b.get(f'pred_{task}').data)
        assert a.pred_normals.data[0].abs().max() > .1
        assert 'pred_depth_input' not in a


@pytest.fixture(scope='module')
def views():
    """Logits of an image, of its mirror image and of both twice as
    large, brought back to its size; and what is made of them."""
    torch.manual_seed(3)
    model = toy(data_preprocessor=PREPROCESSOR)
    image, = photos(1)
    large = image.repeat_interleave(2, 1).repeat_interleave(2, 2)
    got, = MultiTaskTTAModel(model).test_step(batch(
        view([image]), view([image], flipped=True),
        view([large], zoom=2.), view([large], flipped=True, zoom=2.)))
    logits = []
    for x in (image, large):
        for flipped in (False, True):
            x = x.flip(-1) if flipped else x
            out = model.encode_decode((x[None] - 120.) / 60.)
            out = {k: F.interpolate(v, SIZE, mode='bilinear')[0].numpy()
                   .astype(np.float64) for k, v in out.items()}
            logits.append({k: v[..., ::-1] if flipped else v
                           for k, v in out.items()})
    return logits, got


class TestMean:
    """Oracle: logits of the views by the network, turned back and averaged in
    NumPy, float64."""

    def test_classes_by_probability(self, views):
        logits, got = views
        exp = [np.exp(x['semseg']) for x in logits]
        mean = np.mean([e / e.sum(0) for e in exp], 0)
        np.testing.assert_array_equal(got.pred_semseg.data[0], mean.argmax(0))
        votes = [x['semseg'].argmax(0) for x in logits]
        assert any((v != votes[0]).any() for v in votes)

    def test_metres_of_the_zoom(self, views):
        """What looks twice as large is twice as far away as it looks."""
        logits, got = views
        mean = np.mean([np.maximum(x['depth'], 0) * zoom
                        for x, zoom in zip(logits, (1, 1, 2, 2))], 0)
        np.testing.assert_allclose(got.pred_depth.data, mean, atol=1e-5)
        assert mean.max() > .1

    def test_x_of_normals_turns_back(self, views):
        logits, got = views
        mirror = np.array([-1., 1, 1])[:, None, None]
        vectors = [x['normals'] * (mirror if i % 2 else 1)
                   for i, x in enumerate(logits)]
        mean = np.mean([v / np.linalg.norm(v, axis=0) for v in vectors], 0)
        np.testing.assert_allclose(
            got.pred_normals.data, mean / np.linalg.norm(mean, axis=0),
            atol=1e-5)

    def test_probability_of_edges(self, views):
        logits, got = views
        mean = np.mean([1 / (1 + np.exp(-x['edge'])) for x in logits], 0)
        np.testing.assert_allclose(got.pred_edge.data, mean, atol=1e-6)


@pytest.mark.parametrize('encoding', ['inverse', 'inverse_released'])
def test_inverse_depth_is_averaged_in_metres(encoding):
    """Oracle: the plain predictions; means of inverse depths are nearer."""
    tasks = dict(depth=dict(
        type='mtcp_mm.DepthTask', encoding=encoding, nearest=1e4))
    model = toy(tasks=tasks, data_preprocessor=PREPROCESSOR)
    a, b = photos()
    alone = [s.pred_depth.data for s in model.test_step(
        dict(zip(('inputs', 'data_samples'), view([a, b]))))]
    got, = MultiTaskTTAModel(model).test_step(
        batch(view([a]), view([b], zoom=.5)))
    torch.testing.assert_close(got.pred_depth.data,
                               (alone[0] + alone[1] / 2) / 2)
    assert alone[0].min() > 1


@pytest.mark.parametrize('test_cfg', [
    None, dict(mode='slide', crop_size=(16, 16), stride=(8, 16))])
def test_mixed_sizes_at_every_batch_size(test_cfg):
    """Oracle: one image at a time."""
    sizes = [(16, 20), (40, 48), (13, 24), (8, 8)]
    images = [photos(1, size)[0] for size in sizes]
    model = MultiTaskTTAModel(
        toy(data_preprocessor=PREPROCESSOR, test_cfg=test_cfg))

    def predict(number):
        for start in range(0, 4, number):
            rows = range(start, min(start + number, 4))
            parts = []
            for flipped in (False, True):
                both = [view([images[i]], flipped, size=sizes[i])
                        for i in rows]
                parts.append(([x for (x, ), _ in both],
                              [s for _, (s, ) in both]))
            yield from model.test_step(batch(*parts))

    alone = list(predict(1))
    for number in (3, 4):
        for a, b in zip(predict(number), alone):
            for task in TASKS:
                torch.testing.assert_close(
                    a.get(f'pred_{task}').data, b.get(f'pred_{task}').data,
                    rtol=0, atol=1e-5)


def test_sample_of_the_first_view_stays():
    """Its label and metainfo; the label has the values that it had."""
    model = MultiTaskTTAModel(toy(data_preprocessor=PREPROCESSOR))
    views = [view(photos(1)), view(photos(1), flipped=True)]
    first, = views[0][1]
    first.set_data(dict(gt_depth=PixelData(data=torch.ones(1, *SIZE))))
    first.set_metainfo(dict(img_path='a.jpg'))
    got, = model.test_step(batch(*views))
    assert got.img_path == 'a.jpg'
    assert (got.gt_depth.data == 1).all()


def test_another_model_is_refused():
    with pytest.raises(ValueError, match=r'model is Foreign.*SegTTAModel'):
        MultiTaskTTAModel(Foreign())


class Foreign(nn.Module):

    def test_step(self, data):
        pass


class RoundedDepth(DepthTask):

    def predict(self, logits):
        return logits.round().long()


def test_whole_numbers_have_no_mean():
    REGISTRY.register_module(module=RoundedDepth)
    try:
        model = toy(tasks=dict(depth=dict(type='mtcp_mm.RoundedDepth')))
    finally:
        REGISTRY.module_dict.pop('RoundedDepth')
    with pytest.raises(TypeError, match='RoundedDepth.*to_average'):
        model(torch.rand(1, 3, 16, 16), [SegDataSample()], mode='average')
