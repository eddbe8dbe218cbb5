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
