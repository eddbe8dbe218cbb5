# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: archives written here, so what must be found is known."""
import json
import pickle

import numpy as np
import pytest
from mmengine.config import ConfigDict
from mmengine.fileio import LocalBackend, register_backend
from mmengine.registry import DefaultScope
from mmengine.runner import Runner

from mtcp_mm.datasets import (
    GenericMultiTaskDataset,
    MultiTaskDataset,
    NYUDMultiTaskDataset,
)
from mtcp_mm.registry import DATASETS
from mtcp_mm.tasks import DenseTask
from mtcp_mm.utils.errors import DataNotFoundError

IDS = {'0001': (), '0002': ('depth', ), '0005': ('normals', 'depth')}
PIPELINE = [
    dict(type='mmcv.LoadImageFromFile'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]


@pytest.fixture
def root(make_nyud, tmp_path):
    make_nyud(tmp_path, IDS)
    return tmp_path


class TestItems:

    def test_files_of_an_item(self, root, task_cfg):
        item = NYUDMultiTaskDataset(str(root), task_cfg).get_data_info(1)
        assert item['img_path'] == str(root / 'images/0002.jpg')
        assert (item['sample_id'], item['sample_idx']) == ('0002', 1)
        assert item['seg_fields'] == []
        assert item['label_infos'] == dict(
            semseg=dict(
                path=str(root / 'segmentation/0002.png'),
                reduce_zero_label=True),
            normals=dict(path=str(root / 'normals/0002.npy')),
            edge=dict(path=str(root / 'edge/0002.npy')))

    def test_order_is_that_of_the_split_file(self, root, task_cfg):
        (root / 'gt_sets/mine.txt').write_text('0005\n\n 0001 \n')
        dataset = NYUDMultiTaskDataset(str(root), task_cfg, split='mine')
        assert [dataset.get_data_info(i)['sample_id']
                for i in range(len(dataset))] == ['0005', '0001']

    @pytest.mark.parametrize('serialize', [True, False])
    def test_tasks_are_shared_by_all_items(self, root, task_cfg, serialize):
        """A task per sample would be copied or pickled with each of them."""
        dataset = NYUDMultiTaskDataset(
            str(root), task_cfg, serialize_data=serialize)
        first, again = dataset.get_data_info(0), dataset.get_data_info(0)
        assert first['tasks'] is dataset.tasks
        assert first['seg_fields'] is not again['seg_fields']
        if serialize:
            stored = pickle.loads(dataset.data_bytes.tobytes())
            assert 'tasks' not in stored

    @pytest.mark.parametrize('indices, expected', [(2, ['0001', '0002']),
                                                   (-1, ['0005']),
                                                   ([2, 0], ['0005', '0001'])])
    def test_indices(self, root, task_cfg, indices, expected):
        dataset = NYUDMultiTaskDataset(str(root), task_cfg, indices=indices)
        assert [dataset.get_data_info(i)['sample_id']
                for i in range(len(dataset))] == expected
        subset = NYUDMultiTaskDataset(str(root), task_cfg).get_subset(indices)
        assert [subset.get_data_info(i)['sample_id']
                for i in range(len(subset))] == expected

    def test_lazy_init_reads_nothing(self, task_cfg):
        dataset = NYUDMultiTaskDataset('/nowhere', task_cfg, lazy_init=True)
        assert len(dataset.metainfo['classes']) == 40
        with pytest.raises(DataNotFoundError, match='/nowhere'):
            dataset.full_init()

    def test_pickles_for_spawned_workers(self, root, task_cfg):
        dataset = NYUDMultiTaskDataset(str(root), task_cfg, pipeline=PIPELINE)
        copy = pickle.loads(pickle.dumps(dataset))
        np.testing.assert_array_equal(copy[0]['inputs'], dataset[0]['inputs'])

    def test_in_a_dataloader_of_the_runner(self, root, task_cfg):
        cfg = dict(
            batch_size=2,
            num_workers=0,
            sampler=dict(type='DefaultSampler', shuffle=False),
            dataset=dict(
                type='mtcp_mm.NYUDMultiTaskDataset',
                data_root=str(root),
                tasks=ConfigDict(task_cfg),
                pipeline=PIPELINE))
        with DefaultScope.overwrite_default_scope('mmseg'):
            batches = list(Runner.build_dataloader(cfg))
        assert [len(batch['inputs']) for batch in batches] == [2, 1]
        samples = [s for batch in batches for s in batch['data_samples']]
        assert ['gt_depth' in s for s in samples] == [True, False, False]
        assert ['gt_normals' in s for s in samples] == [True, True, False]

    def test_remote_files(self, root, task_cfg):
        """Every access goes through mmengine's file backends."""

        class MemBackend(LocalBackend):
            """Files whose path means nothing to the system."""

            def join_path(self, path, *paths):
                return '/'.join([path, *paths])

            def isdir(self, path):
                return super().isdir(local(path))

            def isfile(self, path):
                return super().isfile(local(path))

            def get(self, path):
                return super().get(local(path))

            def get_text(self, path, encoding='utf-8'):
                return super().get_text(local(path), encoding)

            def list_dir_or_file(self, path, **kwargs):
                return super().list_dir_or_file(local(path), **kwargs)

        def local(path):
            assert path.startswith('mem://data/') or path == 'mem://data'
            return path.replace('mem://data', str(root))

        register_backend('mem', MemBackend, prefixes='mem', force=True)
        dataset = NYUDMultiTaskDataset(
            'mem://data', task_cfg, pipeline=PIPELINE)
        path = dataset.get_data_info(0)['img_path']
        assert path == 'mem://data/images/0001.jpg'
        assert 'gt_edge' in dataset[0]['data_samples']


class TestMetainfo:

    def test_is_plain(self, root, task_cfg):
        """It is written into every checkpoint."""
        dataset = NYUDMultiTaskDataset(str(root), task_cfg)
        meta = json.loads(json.dumps(dataset.metainfo))
        assert set(meta) == {'classes', 'palette', 'task_meta', 'tasks'}
        assert meta['tasks'] == task_cfg
        assert meta['task_meta'] == dict(
            semseg=dict(classes=meta['classes'], palette=meta['palette']),
            edge=dict(max_dist=.011))

    def test_only_tasks_at_hand(self, root, task_cfg):
        tasks = dict(depth=task_cfg['depth'])
        dataset = NYUDMultiTaskDataset(str(root), tasks)
        assert dataset.metainfo['task_meta'] == {}

    def test_own_classes(self, root, task_cfg):
        meta = dict(classes=['a', 'b'], palette=[[0, 0, 0], [255, 0, 0]])
        task_cfg['semseg']['num_classes'] = 2
        dataset = NYUDMultiTaskDataset(str(root), task_cfg, metainfo=meta)
        assert dataset.metainfo['task_meta']['semseg'] == meta

    def test_second_label_map_has_its_own_classes(self, root, task_cfg):
        """mmseg's data sets know one list of classes."""

        @DATASETS.register_module(force=True)
        class PartsDataset(NYUDMultiTaskDataset):
            METAINFO = dict(
                NYUDMultiTaskDataset.METAINFO,
                task_meta=dict(edge=dict(classes=('none', 'edge'))))

        meta = PartsDataset(str(root), task_cfg).metainfo['task_meta']
        assert list(meta) == ['semseg', 'edge']
        assert meta['edge'] == dict(classes=('none', 'edge'))
        assert len(meta['semseg']['classes']) == 40

    def test_number_of_classes_must_fit(self, task_cfg):
        task_cfg['semseg']['num_classes'] = 13
        with pytest.raises(
                ValueError,
                match='`semseg` has num_classes=13.* 40 classes.*wall, floor'):
            NYUDMultiTaskDataset('/nowhere', task_cfg, lazy_init=True)

    def test_palette_must_fit(self, task_cfg):
        task_cfg['semseg']['num_classes'] = 2
        with pytest.raises(ValueError, match='2 classes, but 40 colours'):
            NYUDMultiTaskDataset(
                '/nowhere',
                task_cfg,
                metainfo=dict(classes=['a', 'b']),
                lazy_init=True)


class TestLabelFiles:

    def test_another_name_for_a_known_label(self, root, task_cfg):
        tasks = dict(seg40=task_cfg['semseg'], range=task_cfg['depth'])
        dataset = NYUDMultiTaskDataset(
            str(root), tasks, label_files=dict(seg40='semseg', range='depth'))
        assert dataset.get_data_info(0)['label_infos'] == dict(
            seg40=dict(
                path=str(root / 'segmentation/0001.png'),
                reduce_zero_label=True),
            range=dict(path=str(root / 'depth/0001.npy')))
        assert len(dataset.metainfo['task_meta']['seg40']['classes']) == 40

    def test_a_folder_of_its_own(self, root, task_cfg):
        (root / 'mono').mkdir()
        np.save(root / 'mono/0002_z.npy', np.full((12, 16), 3.))
        dataset = NYUDMultiTaskDataset(
            str(root),
            dict(mono=task_cfg['depth']),
            label_files=ConfigDict(
                mono=dict(folder='mono', suffix='_z.npy', scale=.5)),
            pipeline=PIPELINE)
        assert 'gt_mono' not in dataset[0]['data_samples']
        assert (dataset[1]['data_samples'].gt_mono.data == 1.5).all()

    def test_part_of_a_known_label_is_replaced(self, root, task_cfg):
        (root / 'segmentation').rename(root / 'seg')
        dataset = NYUDMultiTaskDataset(
            str(root), task_cfg, label_files=dict(semseg=dict(folder='seg')))
        assert dataset.get_data_info(0)['label_infos']['semseg'] == dict(
            path=str(root / 'seg/0001.png'), reduce_zero_label=True)

    def test_unknown_task(self, root, task_cfg):
        tasks = dict(surface=task_cfg['normals'])
        with pytest.raises(
                ValueError, match=r'(?s)`surface`.*semseg, depth, normals'):
            NYUDMultiTaskDataset(str(root), tasks)

    def test_typo_in_label_files(self, root, task_cfg):
        with pytest.raises(ValueError, match='names depht, .*semseg, depth'):
            NYUDMultiTaskDataset(
                str(root), task_cfg, label_files=dict(depht='depth'))


class TestMissingData:

    @pytest.mark.parametrize('data_root', ['/nowhere', ''])
    def test_data_root(self, task_cfg, data_root):
        with pytest.raises(
                DataNotFoundError,
                match=r'(?s)data_root=.* is no folder.*segmentation/\*.png.*'
                r'gt_sets/<split>.txt'):
            NYUDMultiTaskDataset(data_root, task_cfg)

    def test_relative_data_root(self, tmp_path, task_cfg, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(DataNotFoundError, match=f"'data/x' .*{tmp_path}"):
            NYUDMultiTaskDataset('data/x', task_cfg)

    @pytest.mark.parametrize('cls', [NYUDMultiTaskDataset,
                                     GenericMultiTaskDataset])
    @pytest.mark.parametrize('lacking', ['data_root', 'tasks'])
    def test_what_a_config_says_once(self, root, task_cfg, cls, lacking):
        options = dict(data_root=str(root), tasks=task_cfg)
        del options[lacking]
        with pytest.raises(
                ValueError,
                match=f'{cls.__name__} got no `{lacking}`.*MultiTaskRunner.*'
                'default_runtime.py.*apply_settings'):
            cls(**options)

    def test_split(self, root, task_cfg):
        with pytest.raises(
                DataNotFoundError,
                match=r'gt_sets/trian.txt.*Splits there: train, val\.'):
            NYUDMultiTaskDataset(str(root), task_cfg, split='trian')

    def test_no_split_at_all(self, tmp_path, task_cfg):
        with pytest.raises(DataNotFoundError, match=r'(?s)train.txt.*images/'):
            NYUDMultiTaskDataset(str(tmp_path), task_cfg)

    def test_empty_split(self, root, task_cfg):
        (root / 'gt_sets/none.txt').write_text('\n')
        with pytest.raises(ValueError, match='none.txt is empty'):
            NYUDMultiTaskDataset(str(root), task_cfg, split='none')

    def test_image(self, root, task_cfg):
        (root / 'images/0002.jpg').unlink()
        with pytest.raises(
                DataNotFoundError,
                match=r'images/0002.jpg or .*images/0002.png does not exist. '
                '1 of the 3'):
            NYUDMultiTaskDataset(str(root), task_cfg)

    def test_task_that_no_image_has(self, root, task_cfg):
        for path in (root / 'normals').iterdir():
            path.rename(path.with_suffix('.exr'))
        with pytest.raises(
                ValueError,
                match=r'None of the 3 images of split `train`.*`normals`.*'
                r'normals/<id>.npy, but the folder holds files ending in '
                r'\.exr\. Drop `normals`'):
            NYUDMultiTaskDataset(str(root), task_cfg)

    def test_folder_that_is_not_there(self, root, task_cfg):
        for path in (root / 'edge').iterdir():
            path.unlink()
        (root / 'edge').rmdir()
        with pytest.raises(ValueError, match='`edge`.*does not exist'):
            NYUDMultiTaskDataset(str(root), task_cfg)

    def test_labels_are_looked_for_in_the_whole_split(self, root, task_cfg):
        """`indices` may pick images without depth."""
        dataset = NYUDMultiTaskDataset(str(root), task_cfg, indices=[2])
        assert 'depth' not in dataset.get_data_info(0)['label_infos']

    def test_layout(self, task_cfg):
        with pytest.raises(ValueError, match="'v3': use mt, v2 or auto"):
            NYUDMultiTaskDataset('/nowhere', task_cfg, layout='v3')


def test_another_archive_is_a_few_lines(tmp_path, task_cfg):
    """What PASCAL-Context and an own data set need: a table of folders."""
    (tmp_path / 'photos').mkdir()
    (tmp_path / 'z').mkdir()
    (tmp_path / 'all.txt').write_text('a\nb')
    for name in 'ab':
        (tmp_path / f'photos/{name}.jpg').write_bytes(b'')
    (tmp_path / 'z/b.png').write_bytes(b'')

    class Archive(MultiTaskDataset):
        layouts = dict(
            only=dict(
                image=dict(folder='photos', suffix='.jpg'),
                depth=dict(folder='z', suffix='.png', scale=.001)))

    dataset = Archive(
        str(tmp_path), dict(depth=task_cfg['depth']), split='all')
    assert isinstance(dataset.tasks['depth'], DenseTask)
    first, second = (dataset.get_data_info(i) for i in (0, 1))
    assert first['label_infos'] == {}
    assert second['label_infos'] == dict(
        depth=dict(path=str(tmp_path / 'z/b.png'), scale=.001))
    assert dataset.metainfo == dict(
        task_meta={}, tasks=dict(depth=task_cfg['depth']))
