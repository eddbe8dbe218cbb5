# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from PIL import Image

from mtcp_mm.apis import InferenceResult
from mtcp_mm.apis.result import replacing
from mtcp_mm.tasks import build_tasks

TASKS = build_tasks(
    dict(
        semseg=dict(type='mtcp_mm.SemSegTask', num_classes=40),
        depth=dict(type='mtcp_mm.DepthTask'),
        normals=dict(type='mtcp_mm.NormalsTask')))


@pytest.fixture
def maps():
    g = torch.Generator().manual_seed(0)
    return dict(
        semseg=torch.randint(0, 40, (1, 5, 6), generator=g),
        depth=torch.rand(1, 5, 6, generator=g) * 70,
        normals=torch.randn(3, 5, 6, generator=g))


@pytest.fixture
def result(maps):
    sample = SegDataSample()
    sample.set_data({
        f'pred_{name}': PixelData(data=data)
        for name, data in maps.items()
    })
    return InferenceResult('a', 'x/a.jpg', sample=sample)


class TestArrays:

    def test_layout_of_labels(self, result, maps):
        arrays = result.arrays(TASKS)
        assert {n: (a.dtype.name, a.shape) for n, a in arrays.items()} == dict(
            semseg=('uint8', (5, 6)), depth=('float32', (5, 6)),
            normals=('float32', (5, 6, 3)))
        np.testing.assert_array_equal(arrays['semseg'], maps['semseg'][0])
        np.testing.assert_array_equal(arrays['depth'], maps['depth'][0])
        for c in range(3):
            np.testing.assert_array_equal(arrays['normals'][..., c],
                                          maps['normals'][c])


class TestSave:
    """Oracle: the tensors that were saved."""

    def test_arrays_come_back(self, result, tmp_path):
        result.save(TASKS, tmp_path)
        with np.load(tmp_path / 'predictions' / 'a.npz') as file:
            assert sorted(file) == ['depth', 'normals', 'semseg']
            for name, array in result.arrays(TASKS).items():
                assert file[name].dtype == array.dtype
                np.testing.assert_array_equal(file[name], array)

    def test_depth_is_in_millimetres(self, result, maps, tmp_path):
        result.save(TASKS, tmp_path)
        with Image.open(tmp_path / 'depth' / 'a.png') as image:
            assert image.mode == 'I;16'
            assert 'millimetres' in image.text['Description']
            stored = np.array(image)
        depth = maps['depth'][0].double().numpy()
        assert depth.max() > 65.535  # some do not fit
        expected = depth.clip(max=65.535)
        assert np.abs(stored / 1000. - expected).max() <= .0005

    def test_only_depth_has_a_file(self, result, tmp_path):
        result.save(TASKS, tmp_path)
        assert sorted(p.name for p in tmp_path.iterdir()) == [
            'depth', 'predictions']

    @pytest.mark.parametrize('suffix', ['.png', '.jpg'])
    def test_picture(self, result, tmp_path, suffix):
        picture = np.full((20, 30, 3), (200, 100, 50), np.uint8)
        result.save(TASKS, tmp_path, picture, suffix)
        with Image.open(tmp_path / 'panels' / f'a{suffix}') as image:
            assert np.abs(np.array(image) - picture.astype(int)).max() < 3


class TestReplacing:

    def test_failure_leaves_the_old_file(self, tmp_path):
        file = tmp_path / 'new' / 'a.bin'
        with replacing(file) as out:
            out.write(b'old')
        with pytest.raises(RuntimeError), replacing(file) as out:
            out.write(b'half')
            raise RuntimeError
        assert file.read_bytes() == b'old'
        assert list(file.parent.iterdir()) == [file]
