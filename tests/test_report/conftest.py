# Copyright (c) mtcp_mm authors. All rights reserved.
"""A finished run in small: data, config, random weights, scores, a log."""
import json

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mtcp_mm.registry import MODELS

NAMES = ('wall', 'floor', 'table')
SIZE = 40, 56
CONFIG = """
default_scope = 'mmseg'
tasks = dict(
    semseg=dict(type='mtcp_mm.SemSegTask', num_classes=3),
    depth=dict(type='mtcp_mm.DepthTask'),
    normals=dict(type='mtcp_mm.NormalsTask'))
model = dict(
    type='mtcp_mm.MultiTaskEstimator',
    tasks=tasks,
    data_preprocessor=dict(
        type='mtcp_mm.MultiTaskDataPreProcessor', mean=[127.] * 3,
        std=[60.] * 3, bgr_to_rgb=True, size_divisor=32,
        test_cfg=dict(size_divisor=32)),
    backbone=dict(type='ResNet', depth=18, base_channels=8),
    decode_head=dict(
        type='mtcp_mm.MTCPHead', in_channels=[8, 16, 32, 64], channels=8))
test_dataloader = dict(
    batch_size=2,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mtcp_mm.NYUDMultiTaskDataset', data_root={root!r},
        split='val', tasks=tasks, test_mode=True,
        metainfo=dict(classes=('wall', 'floor', 'table'),
                      palette=[[9, 9, 200], [9, 200, 9], [200, 9, 9]]),
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='Resize', scale=(64, 32), keep_ratio=False),
            dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
            dict(type='mtcp_mm.PackMultiTaskInputs')]))
test_evaluator = dict(
    type='mtcp_mm.MultiTaskEvaluator', tasks=tasks, metrics=None)
randomness = dict(seed=3)
"""


def write_data(root, count=5):
    """Images and labels in the layout of NYUD_MT; image 0 has no depth."""
    rng = np.random.RandomState(0)
    for folder in ('images', 'segmentation', 'depth', 'normals', 'gt_sets'):
        (root / folder).mkdir(parents=True)
    ids = [f'{i:04}' for i in range(count)]
    for i, name in enumerate(ids):
        image = rng.randint(0, 256, (*SIZE, 3)).astype(np.uint8)
        cv2.imwrite(str(root / 'images' / f'{name}.jpg'), image)
        labels = rng.randint(0, 4, SIZE).astype(np.uint8)  # 0 = void
        cv2.imwrite(str(root / 'segmentation' / f'{name}.png'), labels)
        depth = rng.uniform(1, 9, SIZE) * (i > 0) * (1 + .3 * i)
        np.save(root / 'depth' / f'{name}.npy', depth.astype(np.float32))
        normals = rng.normal(size=(*SIZE, 3))
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
        np.save(root / 'normals' / f'{name}.npy', normals.astype(np.float32))
    (root / 'gt_sets' / 'val.txt').write_text('\n'.join(ids) + '\n')


def write_log(work_dir, epochs=3, weights=True):
    """Two records per epoch and a validation after each."""
    folder = work_dir / '20260101_000000' / 'vis_data'
    folder.mkdir(parents=True)
    lines = []
    for epoch in range(1, epochs + 1):
        for step in (2 * epoch - 1, 2 * epoch):
            record = {'loss': 3. / step, 'loss_coherence': 1. / step,
                      'time': .5, 'epoch': epoch, 'iter': step, 'step': step}
            for i, task in enumerate(('semseg', 'depth', 'normals'), 1):
                record[f'{task}.loss'] = i / step
                record[f'{task}.loss_inter0'] = 2 * i / step
                if weights:
                    record[f'lps_weight_{task}'] = 1 + .1 * i * (epoch - 1)
                    record[f'lps_share_{task}'] = i / 6
            lines.append(record)
        lines.append({'semseg/mIoU': 10. * epoch, 'depth/rmse': 3. / epoch,
                      'normals/mean': 40. - epoch, 'step': epoch})
    (folder / 'scalars.json').write_text(
        '\n'.join(map(json.dumps, lines)) + '\n')


def write_weights(config, file):
    """Random weights of the model that a config describes."""
    cfg = Config.fromfile(config)
    init_default_scope('mmseg')
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    for module in model.modules():  # not the same answer everywhere
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_var.uniform_(.5, 1.5)
            module.running_mean.normal_()
    torch.save(dict(state_dict=model.state_dict(), meta={}), file)


@pytest.fixture(scope='session')
def data_root(tmp_path_factory):
    root = tmp_path_factory.mktemp('nyud')
    write_data(root)
    return root


@pytest.fixture(scope='session')
def finished(tmp_path_factory, data_root):
    """Work directory; the tests share what reports leave in it."""
    work_dir = tmp_path_factory.mktemp('runs') / 'tiny_run'
    work_dir.mkdir()
    config = work_dir / 'tiny.py'
    config.write_text(CONFIG.format(root=str(data_root)))
    write_weights(config, work_dir / 'epoch_3.pth')
    (work_dir / 'last_checkpoint').write_text('/elsewhere/epoch_3.pth')
    write_log(work_dir)
    return work_dir
