# Copyright (c) mtcp_mm authors. All rights reserved.
import logging
import math

import numpy as np
import pytest
import torch
from mmengine.dataset import BaseDataset
from mmengine.logging import MMLogger

from mtcp_mm.evaluation import MultiTaskEvaluator
from mtcp_mm.evaluation.trivial import (
    build_label_dataset,
    fit_constants,
    iter_labels,
    score_constants,
)
from mtcp_mm.registry import DATASETS
from mtcp_mm.tasks import DepthTask, build_tasks

TASKS = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=4),
    depth=dict(type='mtcp_mm.DepthTask'),
    normals=dict(type='mtcp_mm.NormalsTask'),
    edge=dict(type='mtcp_mm.EdgeTask'))


def make_labels(index, folder):
    """Labels of image number `index` as arrays and as files."""
    rng = np.random.RandomState(index)
    size = (4 + index, 7)
    normals = rng.randn(*size, 3).astype(np.float32) + (0, 0, -1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    labels = dict(
        semseg=rng.choice([0, 2, 2, 3], size),
        depth=rng.choice([0, 1.5, 2.5, 4], size),
        normals=normals,
        edge=rng.choice([0., 1.], size))
    if index == 1:
        del labels['depth']
    infos = {}
    for name, label in labels.items():
        infos[name] = dict(path=str(folder / f'{index}_{name}.npy'))
        np.save(infos[name]['path'], label)
    return labels, infos


class TrivialToySet(BaseDataset):
    """Three images; never reads one."""

    METAINFO = dict(task_meta=dict(semseg=dict(classes=tuple('abcd'))))

    def __init__(self, folder, **kwargs):
        self.folder = folder
        super().__init__(**kwargs)

    def load_data_list(self):
        return [
            dict(
                img_path=f'{i}.jpg',
                label_infos=make_labels(i, self.folder)[1]) for i in range(3)
        ]

    def get_data_info(self, idx):
        return dict(
            super().get_data_info(idx),
            tasks=build_tasks(TASKS),
            seg_fields=[])


@pytest.fixture
def cfg(tmp_path):
    DATASETS.register_module(module=TrivialToySet)
    yield dict(
        type='mtcp_mm.TrivialToySet',
        folder=tmp_path,
        pipeline=[dict(type='MustNotBeBuilt')])
    DATASETS.module_dict.pop('TrivialToySet')


class TestConstants:
    """Oracle: NumPy on the pixels of all labels."""

    def test_fit(self, cfg, tmp_path):
        constants = fit_constants(
            build_tasks(TASKS), iter_labels(build_label_dataset(cfg)))
        labels = [make_labels(i, tmp_path)[0] for i in range(3)]
        semseg = np.concatenate([x['semseg'].ravel() for x in labels])
        assert constants['semseg'].item() == np.bincount(semseg).argmax()
        depth = np.concatenate(
            [x['depth'].ravel() for x in labels if 'depth' in x])
        assert constants['depth'].item() == pytest.approx(
            depth[depth > 0].mean())
        normals = np.concatenate([x['normals'].reshape(-1, 3) for x in labels])
        mean = normals.mean(0) / np.linalg.norm(normals.mean(0))
        np.testing.assert_allclose(
            constants['normals'].flatten(), mean, rtol=1e-5)
        edge = np.concatenate([x['edge'].ravel() for x in labels])
        assert constants['edge'].item() == pytest.approx(edge.mean())

    def test_score(self, cfg, tmp_path):
        constants = dict(
            semseg=torch.tensor([[[3]]]),
            depth=torch.tensor([[[2.]]]),
            normals=torch.tensor([0., 0., -1.]).view(3, 1, 1),
            edge=torch.tensor([[[0.]]]))
        evaluator = MultiTaskEvaluator(tasks=TASKS)
        dataset = build_label_dataset(cfg)
        evaluator.dataset_meta = dataset.metainfo
        scores = score_constants(
            build_tasks(TASKS), constants, iter_labels(dataset), evaluator)
        labels = [make_labels(i, tmp_path)[0] for i in range(3)]
        semseg = np.concatenate([x['semseg'].ravel() for x in labels])
        # classes 0, 2 and 3 occur, only 3 is ever right
        assert scores['semseg/mIoU'] == pytest.approx(
            100 * np.mean(semseg == 3) / 3)
        depth = np.concatenate(
            [x['depth'].ravel() for x in labels if 'depth' in x])
        assert scores['depth/rmse'] == pytest.approx(
            np.sqrt(np.mean((depth[depth > 0] - 2)**2)))
        angle = np.degrees(
            np.arccos(
                np.concatenate([-x['normals'][..., 2].ravel()
                                for x in labels])))
        assert scores['normals/mean'] == pytest.approx(angle.mean(), rel=1e-5)
        assert scores['edge/odsF'] == 0  # finds no edge at all

    def test_protocols_that_resize_the_prediction(self, cfg):
        """A constant is the same at every size; the fourth class is absent
        and a 0 under `mtcp`."""
        metric = dict(
            type='mtcp_mm.SegmentationMetric', protocols=['logits', 'mtcp'])
        tasks = dict(semseg=dict(TASKS['semseg'], metric=metric))
        evaluator = MultiTaskEvaluator(tasks=tasks)
        dataset = build_label_dataset(cfg)
        evaluator.dataset_meta = dataset.metainfo
        scores = score_constants(
            build_tasks(tasks), dict(semseg=torch.tensor([[[3]]])),
            iter_labels(dataset), evaluator)
        assert scores['semseg/mIoU@mtcp'] == pytest.approx(
            scores['semseg/mIoU'] * 3 / 4)

    def test_task_without_a_constant(self, cfg, caplog):
        """A new task need not have one, and is not scored then."""

        class PlainTask(DepthTask):
            constant_sums = property()  # raises AttributeError

        logger = MMLogger.get_current_instance()
        logger.addHandler(caplog.handler)
        tasks = dict(build_tasks(TASKS), depth=PlainTask())
        tasks['depth'].name = 'depth'
        tasks['semseg'].helper = True
        dataset = build_label_dataset(cfg)
        with caplog.at_level(logging.INFO):
            constants = fit_constants(tasks, iter_labels(dataset))
        assert set(constants) == {'normals', 'edge'}
        assert 'PlainTask has no `constant_sums`: task `depth`' in caplog.text
        evaluator = MultiTaskEvaluator(tasks=tasks)
        evaluator.dataset_meta = dataset.metainfo
        scores = score_constants(
            tasks, constants, iter_labels(dataset), evaluator)
        logger.removeHandler(caplog.handler)
        assert math.isnan(scores['depth/rmse']) and scores['normals/mean'] > 0

    @pytest.mark.parametrize('wrap, count', [
        (lambda cfg: cfg, 3),
        (lambda cfg: dict(type='RepeatDataset', dataset=cfg, times=2), 6),
        (lambda cfg: dict(type='ConcatDataset', datasets=[cfg, cfg]), 6),
    ])
    def test_wrapped_data_sets(self, cfg, wrap, count):
        before = repr(cfg)
        samples = list(iter_labels(build_label_dataset(wrap(cfg))))
        assert len(samples) == count
        assert 'gt_depth' in samples[0] and 'gt_depth' not in samples[1]
        assert repr(cfg) == before
