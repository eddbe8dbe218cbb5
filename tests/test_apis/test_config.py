# Copyright (c) mtcp_mm authors. All rights reserved.
from pathlib import Path

import pytest

from mtcp_mm.apis.config import (
    dataset_meta_of,
    find_dataset,
    label_free_pipeline,
)
from mtcp_mm.datasets.nyud import CLASSES
from mtcp_mm.utils.settings import load_config_file

CONFIGS = Path(__file__).parents[2] / 'configs'
PIPELINE = [
    dict(type='LoadImageFromFile', to_float32=True),
    dict(type='Resize', scale=(4, 4)),
    dict(type='mmseg.LoadAnnotations'),
    dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
    dict(type='mtcp_mm.PackMultiTaskInputs')
]


class TestLabelFreePipeline:

    def test_drops_what_loads(self):
        cfg = dict(test_dataloader=dict(dataset=dict(pipeline=PIPELINE)))
        transforms, to_float32 = label_free_pipeline(cfg)
        assert transforms == [PIPELINE[1], PIPELINE[4]]
        assert to_float32

    @pytest.mark.parametrize(
        'name', ['mtcp_demo.py', 'mtcp_replica.py', 'mtcp_nyud.py'])
    def test_our_configs(self, name):
        cfg = load_config_file(CONFIGS / name)
        transforms, to_float32 = label_free_pipeline(cfg)
        assert [t['type'] for t in transforms] == [
            'Resize', 'mtcp_mm.PackMultiTaskInputs']
        assert not to_float32

    def test_types_that_are_classes(self):
        class LoadImageFromFile:
            pass

        pipeline = [dict(type=LoadImageFromFile), PIPELINE[1]]
        cfg = dict(test_dataloader=dict(dataset=dict(pipeline=pipeline)))
        assert label_free_pipeline(cfg) == ([PIPELINE[1]], False)


class TestFindDataset:
    inner = dict(type='X', pipeline=PIPELINE)

    @pytest.mark.parametrize('dataset', [
        inner, dict(type='Repeat', dataset=inner),
        dict(type='Concat', datasets=[dict(dataset=inner), dict(pipeline=1)])
    ])
    def test_inside_of_wrappers(self, dataset):
        cfg = dict(test_dataloader=dict(dataset=dataset))
        assert find_dataset(cfg) is self.inner
        assert find_dataset(dict(val_dataloader=dict(dataset=dataset))) is (
            self.inner)

    def test_nowhere(self):
        with pytest.raises(ValueError, match='how an image is prepared'):
            find_dataset(dict(test_dataloader=None))


class TestDatasetMetaOf:

    def test_from_the_class(self):
        cfg = load_config_file(CONFIGS / 'mtcp_demo.py')
        assert dataset_meta_of(cfg)['task_meta']['semseg']['classes'] == (
            CLASSES)

    def test_config_knows_better(self):
        dataset = dict(
            type='mtcp_mm.NYUDMultiTaskDataset', pipeline=PIPELINE,
            metainfo=dict(classes=('a', 'b'), palette=[[1] * 3, [2] * 3]))
        meta = dataset_meta_of(dict(test_dataloader=dict(dataset=dataset)))
        assert meta['task_meta']['semseg'] == dataset['metainfo']
