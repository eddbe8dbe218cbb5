# Copyright (c) mtcp_mm authors. All rights reserved.
"""Oracle: the arrays that went in, moved to (C, H, W) here by hand."""
import numpy as np
import pytest
import torch
from mmseg.datasets.transforms import PhotoMetricDistortion

from mtcp_mm.datasets.transforms import PackMultiTaskInputs
from mtcp_mm.tasks import build_tasks


class TestPackMultiTaskInputs:

    def test_fields(self, make_results):
        """mmseg's PackSegInputs knows `gt_seg_map`, `gt_edge_map` and
        `gt_depth_map` only, and drops everything else."""
        results = make_results()
        packed = PackMultiTaskInputs()(dict(results))
        image, sample = packed['inputs'], packed['data_samples']
        assert image.dtype == torch.uint8
        np.testing.assert_array_equal(image.permute(1, 2, 0), results['img'])
        assert set(sample.keys()) == set(results['seg_fields'])
        expected = dict(
            gt_semseg=(torch.int64, 255, results['gt_semseg'][None]),
            gt_depth=(torch.float32, 0, results['gt_depth'][None]),
            gt_normals=(torch.float32, 0,
                        results['gt_normals'].transpose(2, 0, 1)),
            gt_edge=(torch.float32, 255, results['gt_edge'][None]))
        for key, (dtype, pad_value, label) in expected.items():
            field = sample.get(key)
            assert field.data.dtype == dtype
            assert field.metainfo == dict(pad_value=pad_value)
            np.testing.assert_array_equal(field.data, label)

    def test_absent_label_is_absent(self, make_results):
        results = make_results(labels=dict(depth=None, edge=None))
        sample = PackMultiTaskInputs()(results)['data_samples']
        assert set(sample.keys()) == {'gt_semseg', 'gt_normals'}

    def test_metainfo_is_plain(self, make_results):
        """Task objects must not travel with every sample."""
        results = dict(
            make_results(),
            scale_factor=(.5, .5),
            zoom=1.5,
            flip=True,
            flip_direction='horizontal',
            pad_shape=(24, 32))
        sample = PackMultiTaskInputs()(results)['data_samples']
        assert sample.metainfo == dict(
            img_path='images/0001.jpg',
            sample_id='0001',
            sample_idx=0,
            ori_shape=(24, 32),
            img_shape=(24, 32),
            pad_shape=(24, 32),
            scale_factor=(.5, .5),
            zoom=1.5,
            flip=True,
            flip_direction='horizontal')

    @pytest.mark.parametrize('name',
                             ['seg_map', 'depth_map', 'edge_map', 'sem_seg'])
    def test_task_may_have_a_name_that_mmseg_knows(self, make_results, name):
        """PackSegInputs would cast it to int64, or file it elsewhere."""
        tasks = build_tasks({name: dict(type='mtcp_mm.DepthTask')})
        results = make_results(labels=dict.fromkeys(
            ('semseg', 'depth', 'normals', 'edge')))
        results.update(tasks=tasks, seg_fields=[f'gt_{name}'])
        results[f'gt_{name}'] = np.full((24, 32), 1.5, np.float32)
        sample = PackMultiTaskInputs()(results)['data_samples']
        assert sample.keys() == [f'gt_{name}']
        field = sample.get(f'gt_{name}')
        assert field.metainfo == dict(pad_value=0)
        assert field.data.dtype == torch.float32
        assert (field.data == 1.5).all()

    def test_image_alone(self, make_results):
        """An inferencer has neither labels nor tasks."""
        results = dict(img=make_results()['img'], img_shape=(24, 32))
        packed = PackMultiTaskInputs()(results)
        assert packed['inputs'].shape == (3, 24, 32)
        assert packed['data_samples'].keys() == []


def test_stock_photometric_distortion_touches_no_label(make_results):
    """mmseg's own class is used: colours change, in the uint8 range (which
    holds before packing only), and labels do not."""
    np.random.seed(0)
    old, new = make_results(), make_results()
    new = PhotoMetricDistortion()(new)
    assert new['img'].dtype == np.uint8
    assert (new['img'] != old['img']).mean() > .5
    for key in old['seg_fields']:
        np.testing.assert_array_equal(new[key], old[key])
