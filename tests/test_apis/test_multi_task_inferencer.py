# Copyright (c) mtcp_mm authors. All rights reserved.
import copy

import cv2
import numpy as np
import pytest
import torch
from mmseg.structures import SegDataSample
from PIL import Image

from mtcp_mm.apis import (
    ImageError,
    MultiTaskInferencer,
    inference_model,
    init_model,
)
from .conftest import SIZES


@pytest.fixture(scope='module')
def inferencer(config, checkpoint):
    return MultiTaskInferencer(config, checkpoint, 'cpu', show_progress=False)


def assert_same(a, b, tolerance=1e-4):
    assert a.keys() == b.keys() == {'semseg', 'depth', 'normals'}
    for name in a:
        assert a[name].dtype == b[name].dtype
        if a[name].dtype.kind == 'f':
            np.testing.assert_allclose(a[name], b[name], atol=tolerance)
        else:  # a tie of two classes may go either way
            assert (a[name] == b[name]).mean() > .999


def predict_by_hand(model, path):
    """OpenCV and the model, nothing of the inferencer."""
    image = cv2.imread(str(path))
    small = cv2.resize(image, (64, 32), interpolation=cv2.INTER_LINEAR)
    sample = SegDataSample(metainfo=dict(ori_shape=image.shape[:2]))
    with torch.no_grad():
        sample, = model.test_step(
            dict(
                inputs=[torch.from_numpy(small.transpose(2, 0, 1))],
                data_samples=[sample]))
    return sample


class TestPredictions:
    """Oracle: the model, called by hand."""

    def test_folder(self, inferencer, photos):
        predictions = inferencer(str(photos), batch_size=3)['predictions']
        assert len(predictions) == 4
        for i, (size, arrays) in enumerate(zip(SIZES, predictions)):
            sample = predict_by_hand(inferencer.model, photos / f'{i}.png')
            expected = dict(
                semseg=sample.pred_semseg.data[0].numpy().astype(np.uint8),
                depth=sample.pred_depth.data[0].numpy(),
                normals=sample.pred_normals.data.numpy().transpose(1, 2, 0))
            assert arrays['depth'].shape == size
            assert len(np.unique(arrays['semseg'])) > 1
            assert_same(arrays, expected)

    def test_batch_size_does_not_matter(self, inferencer, photos):
        one = inferencer(photos)['predictions']
        three = inferencer(photos, batch_size=3)['predictions']
        for a, b in zip(one, three):
            assert_same(a, b)

    def test_batch_of_inputs_of_different_size(self, config, checkpoint,
                                               photos):
        """A resize that keeps the ratio: inputs are padded for the batch."""
        cfg = copy.deepcopy(config)
        for transform in cfg.test_dataloader.dataset.pipeline:
            if transform['type'] == 'Resize':
                transform['keep_ratio'] = True
        inferencer = MultiTaskInferencer(
            cfg, checkpoint, 'cpu', show_progress=False)
        predictions = inferencer(photos, batch_size=4)['predictions']
        assert [p['depth'].shape for p in predictions] == SIZES
        # 50x32 becomes 64x32, alone or beside 32x32
        small = [photos / '1.png', photos / '2.png']
        pair = inferencer(small, batch_size=2)['predictions']
        one = inferencer(small)['predictions']
        assert_same(pair[0], one[0])

    def test_path_array_and_list_are_equal(self, inferencer, photos):
        files = sorted(photos.iterdir())
        arrays = [cv2.imread(str(f)) for f in files]
        expected = inferencer(files)['predictions']
        for inputs in (arrays, [photos], [str(files[0]), *arrays[1:]]):
            for a, b in zip(expected, inferencer(inputs)['predictions']):
                assert_same(a, b)

    def test_grey_image_is_its_rgb_copy(self, inferencer, tmp_path):
        grey = np.random.RandomState(0).randint(0, 256, (30, 40))
        grey = cv2.GaussianBlur(grey.astype(np.uint8), (9, 9), 4)
        Image.fromarray(grey).save(tmp_path / 'grey.png')
        Image.fromarray(np.stack([grey] * 3, -1)).save(tmp_path / 'rgb.png')
        a, b = inferencer(tmp_path)['predictions']
        assert_same(a, b)

    def test_samples(self, inferencer, photos):
        sample, = inferencer(
            photos / '0.png', return_datasamples=True)['predictions']
        expected = predict_by_hand(inferencer.model, photos / '0.png')
        torch.testing.assert_close(sample.pred_depth.data,
                                   expected.pred_depth.data)

    def test_functions(self, config, checkpoint, inferencer, photos):
        files = [photos / '0.png', photos / '1.png']
        model = init_model(config, checkpoint, 'cpu')
        assert not model.training
        expected = inferencer(files, return_datasamples=True)['predictions']
        samples = inference_model(model, files)
        for a, b in zip(samples, expected):
            assert torch.equal(a.pred_depth.data, b.pred_depth.data)
        single = inference_model(model, cv2.imread(str(files[1])))
        assert torch.equal(single.pred_depth.data, samples[1].pred_depth.data)

    def test_config_is_in_the_checkpoint(self, checkpoint, inferencer, photos):
        other = MultiTaskInferencer(
            weights=checkpoint, device='cpu', show_progress=False)
        assert_same(
            other(photos / '2.png')['predictions'][0],
            inferencer(photos / '2.png')['predictions'][0])

    def test_large_images_can_be_shrunk(self, config, checkpoint, photos):
        inferencer = MultiTaskInferencer(
            config, checkpoint, 'cpu', max_side=45, show_progress=False)
        results = list(inferencer.iterate(photos))
        assert [r.image.shape[:2] for r in results] == [
            (30, 45), (33, 21), (45, 45), (45, 25)]
        assert [r.original_size for r in results] == SIZES
        assert results[0].sample.pred_depth.shape == (30, 45)


class TestBrokenImages:

    @pytest.mark.parametrize('batch_size', [1, 2, 3, 9])
    def test_are_named_and_the_order_stays(self, inferencer, photos,
                                           batch_size):
        expected = inferencer(photos)['predictions']
        for name in ('0_.png', '3_.png'):  # in the middle, and last
            (photos / name).write_bytes(b'no image')
        results = list(inferencer.iterate(photos, batch_size, 'keep'))
        assert [r.name for r in results] == ['0', '0_', '1', '2', '3', '3_']
        bad = [r for r in results if r.error]
        assert [r.name for r in bad] == ['0_', '3_']
        assert all(r.sample is None for r in bad)
        assert '3_.png (8 bytes) cannot be decoded' in str(bad[1].error)
        good = [r.arrays(inferencer.model.tasks)
                for r in results if not r.error]
        for a, b in zip(good, expected):
            assert_same(a, b)

    def test_raise_by_default(self, inferencer, photos):
        (photos / '1.png').write_bytes(b'no image')
        with pytest.raises(ImageError, match='1.png'):
            inferencer(photos)

    def test_nothing_but_broken_ones(self, inferencer, tmp_path):
        (tmp_path / 'a.png').touch()
        result, = inferencer.iterate(tmp_path, 4, 'keep')
        assert isinstance(result.error, ImageError)

    def test_nothing_at_all(self, inferencer, tmp_path):
        for inputs in ([], tmp_path):
            with pytest.raises(FileNotFoundError, match='no image'):
                inferencer(inputs)

    def test_wrong_options(self, inferencer, photos):
        with pytest.raises(ValueError, match="'raise' or 'keep'"):
            list(inferencer.iterate(photos, on_error='ignore'))
        with pytest.raises(ValueError, match='batch_size'):
            list(inferencer.iterate(photos, 0))


class TestPictures:

    def test_saves_what_it_returns(self, inferencer, photos, tmp_path):
        out = tmp_path / 'out'
        results = inferencer(photos, return_vis=True, out_dir=out)
        for i, (arrays, picture) in enumerate(
                zip(results['predictions'], results['visualization'])):
            with np.load(out / 'predictions' / f'{i}.npz') as stored:
                assert_same(arrays, dict(stored), 0)
            with Image.open(out / 'panels' / f'{i}.jpg') as image:
                assert image.size == picture.shape[1::-1]

    def test_classes_of_the_checkpoint(self, inferencer, photos):
        arrays, = inferencer(photos / '0.png')['predictions']
        picture, = inferencer(
            photos / '0.png', return_vis=True)['visualization']
        for index in np.unique(arrays['semseg']).tolist():
            patch = [index, 2 * index, 100 + index]  # of the legend
            assert (picture == patch).all(-1).any()

    def test_shows_windows(self, inferencer, photos, monkeypatch):
        shown = []
        monkeypatch.setattr(inferencer.visualizer, 'show',
                            lambda *a, **kw: shown.append(kw))
        result = inferencer(photos / '0.png', show=True, wait_time=3)
        assert shown == [dict(win_name='0', wait_time=3)]
        assert result['visualization'] == []


class TestModel:

    def test_random_weights_have_classes_of_the_data_set(self, config):
        with pytest.warns(UserWarning, match='randomly initialized'):
            model = init_model(config, device='cpu')
        classes = model.dataset_meta['task_meta']['semseg']['classes']
        assert classes[:2] == ('wall', 'floor')

    def test_options(self, config, checkpoint):
        model = init_model(
            config, checkpoint, 'cpu',
            cfg_options={'model.backbone.drop_path_rate': .5})
        assert model.cfg.model.backbone.drop_path_rate == .5
        assert config.model.backbone.drop_path_rate == 0

    @pytest.mark.parametrize('damage, message', [
        (lambda w: w.pop('backbone.norm0.weight'),
         'missing in the file, 1: backbone.norm0.weight'),
        (lambda w: w.update({'backbone.norm0.weight': torch.ones(3)}),
         r'backbone.norm0.weight is \(3,\) in the file, \(8,\) in'),
        (lambda w: w.update({'backbone.norm9.weight': torch.ones(3)}),
         'only in the file, 1: backbone.norm9.weight'),
        (lambda w: w.clear(), 'bad.pth: it holds no weights'),
    ])
    def test_checkpoint_of_another_model(self, config, checkpoint, tmp_path,
                                         damage, message):
        content = torch.load(checkpoint, weights_only=False)
        damage(content['state_dict'])
        torch.save(content, tmp_path / 'bad.pth')
        with pytest.raises(ValueError, match=message):
            MultiTaskInferencer(config, tmp_path / 'bad.pth', 'cpu')

    def test_order_of_tasks_in_a_config_means_nothing(
            self, config, checkpoint, photos, tmp_path):
        """Oracle: the config that was never written. mmengine sorts the
        tasks of those it writes to a work dir or a checkpoint."""
        config.dump(tmp_path / 'dumped.py')
        arrays = [
            MultiTaskInferencer(cfg, checkpoint, 'cpu', show_progress=False)(
                photos / '0.png')['predictions'][0]
            for cfg in (config, tmp_path / 'dumped.py', None)
        ]
        for other in arrays[1:]:
            for task, array in arrays[0].items():
                np.testing.assert_array_equal(other[task], array)

    def test_checkpoint_without_config(self, checkpoint, tmp_path):
        content = torch.load(checkpoint, weights_only=False)
        del content['meta']['cfg']
        torch.save(content, tmp_path / 'bare.pth')
        with pytest.raises(ValueError, match='bare.pth holds no config'):
            MultiTaskInferencer(weights=tmp_path / 'bare.pth', device='cpu')

    def test_weights_of_ddp(self, config, checkpoint, tmp_path):
        content = torch.load(checkpoint, weights_only=False)
        content['state_dict'] = {
            f'module.{k}': v for k, v in content['state_dict'].items()}
        torch.save(content, tmp_path / 'ddp.pth')
        model = init_model(config, tmp_path / 'ddp.pth', 'cpu')
        torch.testing.assert_close(
            model.backbone.norm0.weight.data,
            content['state_dict']['module.backbone.norm0.weight'])

    def test_model_and_weights(self, inferencer, checkpoint):
        with pytest.raises(ValueError, match='has its own'):
            MultiTaskInferencer(inferencer.model, checkpoint)

    def test_model_without_tasks(self, config):
        cfg = copy.deepcopy(config)
        cfg.model = dict(type='mmseg.ResNetV1c', depth=18)
        with pytest.warns(UserWarning), pytest.raises(
                ValueError, match='but the config has ResNetV1c'):
            MultiTaskInferencer(cfg, device='cpu')
