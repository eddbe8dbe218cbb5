# Copyright (c) mtcp_mm authors. All rights reserved.
import pytest

from mtcp_mm.records.data import DataInfo, data_of_config

NYUD = dict(dataset='NYUDMultiTaskDataset', split='val')
PASCAL = dict(dataset='PASCALContextMultiTaskDataset', layout='pascal_mt')


@pytest.mark.parametrize('name, told', [
    ('NYUD_MT 480x640', dict(
        NYUD, layout='mt', num_images=654, sizes={'480x640': 654})),
    ('NYUDv2 425x560', dict(
        NYUD, layout='v2', num_images=654, sizes={'425x560': 654})),
    ('PASCAL_MT, 2 sizes', dict(
        PASCAL, split='val', num_images=5105,
        sizes={'375x500': 5000, '500x375': 105})),
    ('VKITTI2 375x1242, split by scene', dict(
        dataset='VKITTI2MultiTaskDataset', split='val', layout='vkitti2',
        num_images=339, sizes={'375x1242': 339}, split_by='scene')),
    ('data, split by released_leaking', dict(
        dataset='SynthiaMultiTaskDataset', split='val', layout='synthia',
        num_images=10, split_by='released_leaking')),
    # another size, number, split or class is another data set
    ('data 425x560', dict(
        NYUD, layout='mt', num_images=654, sizes={'425x560': 654})),
    ('data 480x640', dict(
        NYUD, layout='mt', num_images=34, sizes={'480x640': 34})),
    ('data', dict(PASCAL, split='train', num_images=5105)),
    ('data 480x640', dict(
        NYUD, dataset='Mine', layout='mt', num_images=654,
        sizes={'480x640': 654})),
])
def test_names(name, told):
    info = DataInfo(root='some/data', **told)
    assert info.name == name
    assert ('none of the published' in info.description) == (
        name.startswith('data'))


def test_config(tmp_path):
    leaf = dict(type='mtcp_mm.NYUDMultiTaskDataset', data_root=str(tmp_path),
                split='val', layout='v2')
    wrapped = dict(type='RepeatDataset', dataset=dict(
        type='ConcatDataset', datasets=[leaf, dict(leaf, split='train')]))
    for dataset in (leaf, wrapped):
        info = data_of_config(dict(test_dataloader=dict(dataset=dataset)))
        assert (info.dataset, info.split, info.layout) == (
            'NYUDMultiTaskDataset', 'val', 'v2')
        assert info.name == tmp_path.name
        assert 'images not looked at' in info.description
    (tmp_path / 'demo.json').touch()
    info = data_of_config(dict(val_dataloader=dict(dataset=leaf)))
    assert info.name == 'demo rooms'
    leaf = dict(leaf, split_by='released_leaking')
    info = data_of_config(dict(val_dataloader=dict(dataset=leaf)))
    assert info.split_by == 'released_leaking'
    assert data_of_config({}).name == 'not known'
    assert 'no test data' in data_of_config({}).description
