# Copyright (c) mtcp_mm authors. All rights reserved.
import numpy as np
import pytest
from PIL import Image

from mtcp_mm.datasets import GenericMultiTaskDataset
from mtcp_mm.utils.errors import DataNotFoundError

TASKS = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=3),
    depth=dict(type='mtcp_mm.DepthTask'))
PIPELINE = [dict(type='mtcp_mm.LoadMultiTaskAnnotations')]


@pytest.fixture
def root(tmp_path):
    """Images a, b, c; b has no classes; depth in 16-bit millimetres."""
    rng = np.random.RandomState(0)
    for folder in ('images', 'semseg', 'range', 'splits'):
        (tmp_path / folder).mkdir()
    for name in 'abc':
        Image.fromarray(rng.randint(0, 256, (4, 6, 3)).astype(np.uint8)).save(
            tmp_path / 'images' / f'{name}.jpg')
        if name != 'b':
            Image.fromarray(np.full((4, 6), 2, np.uint8)).save(
                tmp_path / 'semseg' / f'{name}.png')
        Image.fromarray(np.full((4, 6), 1500, np.uint16)).save(
            tmp_path / 'range' / f'{name}.mm.png')
    (tmp_path / 'splits' / 'val.txt').write_text('c\na\n')
    return tmp_path


def build(root, **kwargs):
    kwargs.setdefault(
        'labels',
        dict(depth=dict(folder='range', suffix='.mm.png', scale=1e-3)))
    kwargs.setdefault('pipeline', PIPELINE)
    kwargs.setdefault('tasks', TASKS)
    return GenericMultiTaskDataset(str(root), **kwargs)


class TestGenericMultiTaskDataset:
    """Oracle: the files that the fixture wrote."""

    def test_takes_all_images_without_a_split(self, root):
        dataset = build(root)
        assert [d['sample_id'] for d in dataset] == ['a', 'b', 'c']
        assert 'gt_semseg' not in dataset[1]
        assert (dataset[0]['gt_semseg'] == 2).all()
        np.testing.assert_allclose(dataset[1]['gt_depth'], 1.5, rtol=1e-6)

    def test_takes_the_images_of_a_split_in_its_order(self, root):
        assert [d['sample_id'] for d in build(root, split='val')] == ['c', 'a']

    def test_names_of_classes(self, root):
        dataset = build(root, metainfo=dict(classes=('x', 'y', 'z')))
        assert dataset.metainfo['task_meta'] == dict(
            semseg=dict(classes=('x', 'y', 'z')))

    @pytest.mark.parametrize('meta', [
        dict(classes='water'),
        dict(task_meta=dict(semseg=dict(classes='water')))])
    def test_one_name_is_no_list_of_letters(self, root, meta):
        one = dict(semseg=dict(type='mtcp_mm.SemSegTask', num_classes=1))
        dataset = build(root, metainfo=meta, tasks=one, labels=dict(
            semseg=dict(suffix='.png')))
        assert dataset.metainfo['task_meta'] == dict(
            semseg=dict(classes=('water', )))
        assert dataset.metainfo.get('classes', ('water', )) == ('water', )
        with pytest.raises(ValueError, match='names 1 classes.*water'):
            build(root, metainfo=meta)

    def test_wrong_suffix_names_the_right_one(self, root):
        with pytest.raises(
                DataNotFoundError, match=r'\.webp.*ending in \.jpg'):
            build(root, image=dict(suffix='.webp'))

    def test_wrong_label_folder_names_what_is_there(self, root):
        with pytest.raises(ValueError, match=r'depth/<id>\.npy.*is empty or'):
            build(root, labels=dict(depth=dict(suffix='.npy')))

    def test_label_of_no_task(self, root):
        with pytest.raises(ValueError, match='names normals, but the tasks'):
            build(root, labels=dict(normals=dict(suffix='.npy')))

    def test_no_such_folder(self, tmp_path):
        with pytest.raises(DataNotFoundError, match=r'images/\*\.jpg'):
            build(tmp_path / 'nowhere')


class TestTemplates:
    """Oracle: the tree that the fixture wrote."""

    IMAGE = dict(path='{scene}/rgb/{camera}/rgb_{frame}.jpg')
    DEPTH = dict(path='{scene}/depth/{camera}/d_{frame}.png', scale=1e-3)
    ONLY = dict(depth=TASKS['depth'])

    @pytest.fixture
    def tree(self, tmp_path):
        """Frame 1 of two scenes and cameras; B/right has no depth."""
        for i, place in enumerate(('A/left', 'A/right', 'B/left', 'B/right')):
            scene, camera = place.split('/')
            for kind in ('rgb', 'depth'):
                (tmp_path / scene / kind / camera).mkdir(parents=True)
            Image.new('RGB', (6, 4)).save(
                tmp_path / scene / 'rgb' / camera / 'rgb_1.jpg')
            if place != 'B/right':
                Image.fromarray(np.full((4, 6), 1000 + i, np.uint16)).save(
                    tmp_path / scene / 'depth' / camera / 'd_1.png')
        (tmp_path / 'splits').mkdir()
        (tmp_path / 'splits/val.txt').write_text(
            'B/left/1\nA/rgb/right/rgb_1.jpg\n')
        return tmp_path

    def build(self, root, **kwargs):
        kwargs = dict(dict(image=self.IMAGE, labels=dict(depth=self.DEPTH)),
                      **kwargs)
        return build(root, tasks=self.ONLY, **kwargs)

    def test_all_images(self, tree):
        dataset = self.build(tree)
        assert [d['sample_id'] for d in dataset] == [
            'A/left/1', 'A/right/1', 'B/left/1', 'B/right/1']
        depths = [d['gt_depth'][0, 0] for d in dataset if 'gt_depth' in d]
        np.testing.assert_allclose(depths, [1., 1.001, 1.002], rtol=1e-6)

    def test_a_list_holds_ids_or_paths(self, tree):
        dataset = self.build(tree, split='val')
        assert [d['sample_id'] for d in dataset] == ['B/left/1', 'A/right/1']

    def test_camera_of_all_and_of_each(self, tree):
        """Intrinsics of 4x6 files of a camera of 8x12: half of them."""
        camera = dict(fx=20, fy=22, cx=5.5, cy=3.5, size=(8, 12))
        pipeline = [dict(type='mmcv.LoadImageFromFile'),
                    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
                    dict(type='mtcp_mm.PackMultiTaskInputs')]
        expected = [[10, 0, 2.5], [0, 11, 1.5], [0, 0, 1]]
        (tree / 'A/cam').mkdir()
        (tree / 'A/cam/left_1.json').write_text(
            '{"intrinsic": {"fx": 20, "fy": 22, "u0": 5.5, "v0": 3.5}}')
        for told in (camera, dict(path='{scene}/cam/{camera}_{frame}.json',
                                  size=(8, 12))):
            dataset = self.build(tree, camera=told, pipeline=pipeline)
            np.testing.assert_allclose(
                dataset[0]['data_samples'].intrinsics, expected)
        assert 'intrinsics' not in dataset[1]['data_samples']

    def test_errors_name_the_template(self, tree):
        with pytest.raises(DataNotFoundError, match='like path=.*pgm'):
            self.build(tree, image=dict(path='{scene}/{frame}.pgm'))
        with pytest.raises(ValueError, match="field 'time'.*scene, camera"):
            self.build(tree, labels=dict(depth=dict(path='{time}.png')))
        with pytest.raises(ValueError, match=r'<scene>/d_<frame>\.png'):
            self.build(tree, labels=dict(
                depth=dict(path='{scene}/d_{frame}.png')))
        with pytest.raises(ValueError, match='need to know the camera'):
            self.build(tree, labels=dict(
                depth=dict(self.DEPTH, camera=True)))
        with pytest.raises(DataNotFoundError, match=r'A/1\.json does not'):
            self.build(tree, labels=dict(depth=dict(self.DEPTH, camera=True)),
                       camera=dict(path='{scene}/{frame}.json', size=(4, 6)))
