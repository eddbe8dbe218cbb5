# Copyright (c) mtcp_mm authors. All rights reserved.
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pytest
from mmengine.registry import DefaultScope
from mmengine.runner import EpochBasedTrainLoop
from torch.utils.data import DataLoader, Dataset

from mtcp_mm.registry import TRANSFORMS
from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils.settings import load_config_file

ROOT = Path(__file__).parents[1]


class OneSample(Dataset):
    metainfo = {}

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return 0


@pytest.fixture(scope='module')
def released():
    return load_config_file(ROOT / 'configs' / 'mtcp_nyud_released.py')


class TestReleasedConfig:
    """Oracle: section 4 of the reference on the released code."""

    def test_hyper_parameters(self, released):
        assert released.optim_wrapper == dict(
            type='OptimWrapper',
            constructor='mtcp_mm.MultiTaskOptimWrapperConstructor',
            optimizer=dict(type='AdamW', lr=5e-5, weight_decay=1e-4))
        schedule, = released.param_scheduler
        assert (schedule.type, schedule.power,
                schedule.by_epoch) == ('mtcp_mm.PolyLR', .9, True)
        assert released.train_cfg.max_epochs == 100
        assert released.train_dataloader.batch_size == 2
        head = released.model.decode_head
        assert (head.channels, head.hfp.depths, head.hfp.num_heads,
                head.hfp.window_size, head.hfp.drop_path_rate) == (256,
                                                                   (1, 2, 1),
                                                                   2, 7, 0.)

    def test_epochs_of_evaluation(self, released):
        """Every tenth, and each of the last ten."""
        runner = MagicMock()
        cfg = {k: v for k, v in released.train_cfg.items() if k != 'type'}
        loop = EpochBasedTrainLoop(runner, DataLoader(OneSample()), **cfg)
        epochs = []
        runner.val_loop.run = lambda: epochs.append(loop.epoch)
        loop.run()
        assert epochs == [*range(10, 91, 10), *range(91, 101)]

    def test_zooms_are_one_of_three(self, released):
        """Depth of 3 m becomes 3 / zoom."""
        zoom = TRANSFORMS.build(
            released.train_dataloader.dataset.pipeline[2])
        tasks = build_tasks(dict(depth=dict(type='mtcp_mm.DepthTask')))
        seen = set()
        with DefaultScope.overwrite_default_scope('mmseg'):
            for _ in range(25):
                results = zoom(
                    dict(
                        img=np.zeros((480, 640, 3), np.uint8),
                        img_shape=(480, 640),
                        tasks=tasks,
                        gt_depth=np.full((480, 640), 3, np.float32),
                        seg_fields=['gt_depth']))
                seen.add((results['img_shape'],
                          round(float(results['gt_depth'].mean()), 4)))
        assert seen == {((480, 640), 3.), ((576, 768), 2.5),
                        ((720, 960), 2.)}

    def test_scores_of_the_release_stand_beside_ours(self, released):
        metrics = {
            task: cfg.metric.protocols
            for task, cfg in released.model.tasks.items()
        }
        assert metrics == dict(
            semseg=['logits', 'mtcp'],
            depth=['pooled', 'mtcp'],
            normals=['float', 'uint8'])

    def test_only_the_training_pipeline_differs_from_the_paper(
            self, released):
        paper = load_config_file(ROOT / 'configs' / 'mtcp_nyud.py')
        for loader in ('val_dataloader', 'test_dataloader'):
            assert (released[loader].dataset.pipeline ==
                    paper[loader].dataset.pipeline)
        ours, theirs = (
            c.train_dataloader.dataset.pipeline for c in (released, paper))
        assert [a == b for a, b in zip(ours, theirs)] == [
            True, True, False, True, True, True
        ]
