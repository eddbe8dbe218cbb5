# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: files written by Pillow and numpy from arrays given here."""
import cv2
import numpy as np
import pytest
from PIL import Image

from mtcp_mm.datasets.transforms import LoadMultiTaskAnnotations
from tests.test_datasets.png_file import write_png

INDICES = np.array([[0, 1, 7], [40, 3, 3]], np.uint8)


def load(tasks, infos, **results):
    results.update(tasks=tasks, label_infos=infos, seg_fields=[])
    return LoadMultiTaskAnnotations()(results)


class TestLoadMultiTaskAnnotations:

    def test_palette_png_is_read_as_indices(self, tasks, tmp_path):
        """A palette holds colours, even grey ones: mmcv's imread with OpenCV
        gives those, the label is the index."""
        path = str(tmp_path / '1.png')
        image = Image.fromarray(INDICES, mode='P')
        image.putpalette(list(range(255, -1, -1)) * 3)
        image.save(path)
        results = load(tasks, dict(semseg=dict(
            path=path, reduce_zero_label=True)))
        np.testing.assert_array_equal(results['gt_semseg'],
                                      [[255, 0, 6], [39, 2, 2]])
        assert results['gt_semseg'].dtype == np.uint8
        assert results['seg_fields'] == ['gt_semseg']

    def test_16_bit_png_keeps_all_bits(self, tasks, tmp_path):
        """Decoding with cv2.IMREAD_COLOR or .convert('L') leaves 8 bits."""
        path = str(tmp_path / '1.png')
        millimetres = np.array([[0, 1234], [65535, 300]], np.uint16)
        Image.fromarray(millimetres).save(path)
        raw = LoadMultiTaskAnnotations().read(path)
        assert raw.dtype == np.uint16
        np.testing.assert_array_equal(raw, millimetres)
        results = load(tasks, dict(depth=dict(path=path, scale=.001)))
        np.testing.assert_allclose(
            results['gt_depth'], [[0, 1.234], [65.535, .3]], rtol=1e-6)

    def test_16_bit_colours_keep_all_bits_in_the_order_rgb(
            self, tasks, tmp_path):
        """Pillow keeps the high byte: class 7 would be class 0. OpenCV gives
        blue first."""
        path = tmp_path / '1.png'
        rgb = np.array([[[7, 300, 0], [22, 65535, 1]]], np.uint16)
        write_png(path, rgb)
        raw = LoadMultiTaskAnnotations().read(str(path))
        assert raw.dtype == np.uint16
        np.testing.assert_array_equal(raw, rgb)
        results = load(tasks, dict(semseg=dict(path=str(path), channel=0)))
        assert results['gt_semseg'].tolist() == [[7, 22]]
        path.write_bytes(path.read_bytes()[:-20])
        with pytest.raises(ValueError, match='1.png .* cannot be read'):
            LoadMultiTaskAnnotations().read(str(path))

    def test_channel_of_a_grey_picture(self, tasks, tmp_path):
        write_png(tmp_path / '1.png', np.array([[7, 22]], np.uint8))
        results = load(tasks, dict(semseg=dict(
            path=str(tmp_path / '1.png'), channel=0)))
        assert results['gt_semseg'].tolist() == [[7, 22]]

    def test_fit_picks_as_opencv_does(self, tasks, tmp_path):
        """Oracle: cv2.resize, INTER_NEAREST."""
        depth = np.arange(1, 49, dtype=np.uint16).reshape(6, 8)
        write_png(tmp_path / '1.png', depth)
        info = dict(depth=dict(path=str(tmp_path / '1.png'), fit=True))
        for height, width in ((3, 4), (12, 16), (9, 12)):
            got = load(tasks, info, ori_shape=(height, width))['gt_depth']
            np.testing.assert_array_equal(got, cv2.resize(
                depth, (width, height), interpolation=cv2.INTER_NEAREST))
        with pytest.raises(ValueError, match=r'\(6, 8\).*has \(6, 6\)'):
            load(tasks, info, ori_shape=(6, 6))

    def test_one_bit_png(self, tasks, tmp_path):
        path = str(tmp_path / '1.png')
        edge = np.array([[0, 1, 1], [1, 0, 0]], np.uint8)
        Image.fromarray(edge * 255).convert('1').save(path)
        np.testing.assert_array_equal(
            load(tasks, dict(edge=dict(path=path)))['gt_edge'], edge)

    def test_colours_are_rgb(self, tasks, tmp_path):
        """mmcv decodes to BGR, which would exchange x and z of normals."""
        path = str(tmp_path / '1.png')
        rgb = np.array([[[255, 128, 128], [128, 0, 128]]], np.uint8)
        Image.fromarray(rgb).save(path)
        normals = load(tasks, dict(normals=dict(path=path)))['gt_normals']
        np.testing.assert_allclose(
            normals, [[[1, 0, 0], [0, -1, 0]]], atol=5e-3)

    def test_alpha_is_dropped(self, tasks, tmp_path):
        path = str(tmp_path / '1.png')
        rgba = np.array([[[255, 128, 128, 7]]], np.uint8)
        Image.fromarray(rgba).save(path)
        np.testing.assert_array_equal(LoadMultiTaskAnnotations().read(path),
                                      rgba[..., :3])

    def test_npy(self, tasks, tmp_path):
        path = str(tmp_path / '1.npy')
        np.save(path, np.array([[1.5, np.nan], [0, 4]]))
        depth = load(tasks, dict(depth=dict(path=path)))['gt_depth']
        assert depth.dtype == np.float32
        np.testing.assert_array_equal(depth, [[1.5, 0], [0, 4]])

    def test_absent_label_stays_absent(self, tasks):
        results = load(tasks, {})
        assert results['seg_fields'] == []
        assert not [key for key in results if key.startswith('gt_')]

    @pytest.mark.parametrize('suffix', ['.npy', '.png'])
    def test_damaged_file_is_named(self, tasks, tmp_path, suffix):
        path = tmp_path / f'7{suffix}'
        if suffix == '.npy':
            np.save(path, np.ones((30, 30)))
        else:
            noise = np.random.RandomState(0).randint(0, 41, (30, 30))
            Image.fromarray(noise.astype(np.uint8)).save(path)
        path.write_bytes(path.read_bytes()[:200])
        name = 'depth' if suffix == '.npy' else 'semseg'
        with pytest.raises(ValueError, match=rf'7\{suffix} \(200 bytes\)'):
            load(tasks, {name: dict(path=str(path))})

    def test_pickled_objects_are_refused(self, tasks, tmp_path):
        """np.load(allow_pickle=True) would run code of the file."""
        path = str(tmp_path / '1.npy')
        np.save(path, np.array([dict()], object), allow_pickle=True)
        with pytest.raises(ValueError, match='1.npy'):
            load(tasks, dict(depth=dict(path=path)))

    def test_size_of_the_image_is_checked(self, tasks, tmp_path):
        path = str(tmp_path / '1.npy')
        np.save(path, np.ones((425, 560)))
        with pytest.raises(
                ValueError, match=r'1.npy .*\(425, 560\).*a.jpg has \(480'):
            load(
                tasks,
                dict(depth=dict(path=path)),
                img_path='a.jpg',
                ori_shape=(480, 640))

    def test_size_is_compared_before_the_image_was_resized(
            self, tasks, tmp_path):
        """Test pipelines resize the image before labels are loaded."""
        path = str(tmp_path / '1.npy')
        np.save(path, np.ones((4, 6)))
        results = load(
            tasks,
            dict(depth=dict(path=path)),
            ori_shape=(4, 6),
            img_shape=(8, 12))
        assert results['gt_depth'].shape == (4, 6)
