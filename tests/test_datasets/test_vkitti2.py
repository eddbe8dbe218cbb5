# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: files written byte by byte, and what they mean, by hand."""
import numpy as np
import pytest
from PIL import Image

from mtcp_mm.datasets import VKITTI2MultiTaskDataset
from mtcp_mm.utils.errors import DataNotFoundError
from .png_file import write_png

TASKS = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=14),
    depth=dict(type='mtcp_mm.DepthTask'))
LOAD = [dict(type='mmcv.LoadImageFromFile'),
        dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
        dict(type='mtcp_mm.PackMultiTaskInputs')]
#: Road, car, van, black, sky, a colour of nobody.
COLOURS = np.array([[100, 60, 100], [255, 127, 80], [0, 139, 139], [0, 0, 0],
                    [90, 200, 255], [100, 60, 101]], np.uint8)
CLASSES = [5, 12, 13, 255, 1, 255]
CENTIMETRES = np.array([0, 1, 300, 12345, 65535, 8000], np.uint16)
METRES = [0, .01, 3, 123.45, 0, 80]
SCENES = ('Scene01', 'Scene18')


def write_frames(root, scenes=SCENES, variations=('clone', ),
                 cameras=('Camera_0', ), frames=2):
    for s, v, c in ((s, v, c) for s in scenes for v in variations
                    for c in cameras):
        base = root / s / v / 'frames'
        (base / 'rgb' / c).mkdir(parents=True)
        for i in range(frames):
            Image.new('RGB', (6, 2)).save(base / 'rgb' / c /
                                          f'rgb_{i:05d}.jpg')
            write_png(base / 'depth' / c / f'depth_{i:05d}.png',
                      np.tile(CENTIMETRES, (2, 1)))
            write_png(base / 'classSegmentation' / c / f'classgt_{i:05d}.png',
                      np.tile(COLOURS, (2, 1, 1)))


def build(root, **kwargs):
    kwargs = dict(dict(tasks=TASKS, pipeline=LOAD, scenes=SCENES), **kwargs)
    return VKITTI2MultiTaskDataset(str(root), **kwargs)


def ids(root, **kwargs):
    dataset = build(root, **kwargs)
    return [dataset.get_data_info(i)['sample_id']
            for i in range(len(dataset))]


#: A camera of which the tiny pictures above are copies.
TINY = dict(fx=7., fy=7., cx=2.5, cy=.5, size=(2, 6))


class TestValues:

    def test_classes_and_depth(self, tmp_path):
        write_frames(tmp_path)
        sample = build(tmp_path, camera=TINY)[0]['data_samples']
        assert sample.gt_semseg.data[0].tolist() == [CLASSES] * 2
        np.testing.assert_allclose(sample.gt_depth.data[0], [METRES] * 2,
                                   rtol=1e-6)
        assert sample.intrinsics.tolist() == [
            [7, 0, 2.5], [0, 7, .5], [0, 0, 1]]

    def test_the_far_plane_may_be_kept(self, tmp_path):
        write_frames(tmp_path)
        depth = build(tmp_path, camera=TINY, label_files=dict(
            depth=dict(far=None)))[0]['data_samples'].gt_depth.data
        assert depth[0, 0, 4] == pytest.approx(655.35)

    def test_classes_of_cityscapes(self, tmp_path):
        write_frames(tmp_path)
        tasks = dict(semseg=dict(TASKS['semseg'], num_classes=8))
        sample = build(tmp_path, tasks=tasks, classes=8,
                       camera=TINY)[0]['data_samples']
        assert sample.gt_semseg.data[0, 0].tolist() == [0, 7, 7, 255, 6, 255]

    def test_labels_from_elsewhere(self, tmp_path):
        """A folder replaces the template; the id goes on as it is."""
        write_frames(tmp_path)
        for place in tmp_path.rglob('depth_*.png'):
            parts = place.relative_to(tmp_path).parts
            file = tmp_path.joinpath('mine', *parts[:2], parts[4],
                                     f'{place.stem[6:]}.npy')
            file.parent.mkdir(parents=True, exist_ok=True)
            np.save(file, np.full((2, 6), 700.))
        label_files = dict(depth=dict(folder='mine', suffix='.npy', scale=1,
                                      far=None))
        sample = build(tmp_path, camera=TINY,
                       label_files=label_files)[0]['data_samples']
        assert (sample.gt_depth.data == 700).all()

    def test_intrinsics_of_the_full_size(self, tmp_path):
        """The files of 375x1242 have the published camera."""
        write_frames(tmp_path, ('Scene01', ), frames=1)
        place = tmp_path / 'Scene01/clone/frames/rgb/Camera_0/rgb_00000.jpg'
        Image.new('RGB', (1242, 375)).save(place)
        pipeline = [LOAD[0], LOAD[2]]
        sample = build(tmp_path, pipeline=pipeline, scenes=('Scene01', ),
                       split='all')[0]['data_samples']
        np.testing.assert_allclose(sample.intrinsics, [
            [725.0087, 0, 620.5], [0, 725.0087, 187], [0, 0, 1]])

    def test_pictures_of_another_shape(self, tmp_path):
        write_frames(tmp_path)
        with pytest.raises(ValueError, match=r'\(500, 500\).*\(2, 6\)'):
            build(tmp_path, camera=dict(TINY, size=(500, 500)))[0]


class TestSplits:

    def test_scenes_are_apart(self, tmp_path):
        write_frames(tmp_path, variations=('clone', 'fog'))
        both = dict(variations=('clone', 'fog'))
        assert ids(tmp_path, split='val') == [
            'Scene18/clone/Camera_0/00000', 'Scene18/clone/Camera_0/00001']
        train = ids(tmp_path, **both)
        assert len(train) == 4
        assert {i.split('/')[0] for i in train} == {'Scene01'}
        assert ids(tmp_path, val_scenes=('Scene01', )) == ids(
            tmp_path, split='val')
        assert len(ids(tmp_path, split='all', **both)) == 8

    def test_moments_are_apart(self, tmp_path):
        options = dict(variations=('clone', 'rain'), split_by='seeded',
                       cameras=('Camera_0', 'Camera_1'))
        write_frames(tmp_path, variations=options['variations'],
                     cameras=options['cameras'], frames=5)
        train, val = (
            {(i.split('/')[0], i.split('/')[3])
             for i in ids(tmp_path, split=s, **options)}
            for s in ('train', 'val'))
        assert (len(train), len(val)) == (8, 2) and not train & val

    def test_the_released_one_leaks(self, tmp_path):
        write_frames(tmp_path, frames=25)
        train, val = (set(ids(tmp_path, split=s, split_by='released_leaking'))
                      for s in ('train', 'val'))
        assert (len(train), len(val)) == (40, 10)
        assert 5 <= len(train & val) < 10


class TestErrors:

    @pytest.mark.parametrize('options, message', [
        (dict(variations=('clones', )), 'variations: .clones.*mean `clone`'),
        (dict(variations='clone'), r"variations='clone' must be a list"),
        (dict(scenes=('Scene03', )), 'Scene03.*Known: Scene01, Scene02'),
        (dict(cameras=()), r'cameras=\(\) must be a list.*Camera_0'),
        (dict(split_by='random'), 'random.*scene, seeded, released_leaking'),
        (dict(val_scenes=SCENES), 'leaves no scene'),
        (dict(scenes=('Scene18', )), 'leaves no scene'),
        (dict(split='test'), 'train or val or all'),
        (dict(classes=19), 'classes=19.*14, 8')])
    def test_options(self, tmp_path, options, message):
        write_frames(tmp_path)
        with pytest.raises(ValueError, match=message):
            build(tmp_path, **options)

    def test_part_that_is_not_there(self, tmp_path):
        write_frames(tmp_path)
        with pytest.raises(DataNotFoundError, match='Scene02/clone/frames/rgb'
                           '/Camera_0 holds no images.*rgb.tar'):
            build(tmp_path, scenes=('Scene01', 'Scene02', 'Scene18'))
        with pytest.raises(DataNotFoundError, match='is no folder'):
            build(tmp_path / 'no')

    def test_labels_that_are_not_there(self, tmp_path):
        write_frames(tmp_path)
        for file in tmp_path.rglob('depth_*.png'):
            file.unlink()
        with pytest.raises(ValueError, match='depth_<frame>.png'):
            build(tmp_path)
