# Copyright (c) mtcp_mm authors. All rights reserved.
import math
from pathlib import Path

import pytest
import torch
from mmengine.registry import DefaultScope

from mtcp_mm.registry import MODELS
from mtcp_mm.utils.settings import load_config_file

FOLDER = Path(__file__).parents[1] / 'configs/baselines'
#: Of the released code: learning rate, weights, share of edges in the loss.
#: Of the data set: images for training.
SETTINGS = {
    'atrc_hrnet18_nyud':
    (.01, dict(semseg=1., depth=1., normals=10., edge=50.), .8, 795),
    'atrc_hrnet18_pascal':
    (.005, dict(semseg=1., human_parts=2., saliency=5., normals=10.,
                edge=50.), .95, 4998)
}


def parameters(cfg):
    """Of backbone and head, without the time to draw them."""
    with DefaultScope.overwrite_default_scope('mmseg'), torch.device('meta'):
        backbone = MODELS.build(dict(cfg.model.backbone))
        head = MODELS.build(
            dict(
                cfg.model.decode_head,
                task_channels=dict(semseg=40, depth=1, normals=3, edge=1),
                in_channels=[18, 36, 72, 144]))
    return tuple(sum(p.numel() for p in part.parameters())
                 for part in (backbone, head))


@pytest.mark.parametrize('name', SETTINGS)
class TestSettingOfTheReleasedCode:
    """Oracle: its defaults, as the reference lists them."""

    def test_schedule(self, name):
        """SGD, 40k steps of 8 images, poly 0.9 per step."""
        rate, _, _, images = SETTINGS[name]
        cfg = load_config_file(FOLDER / f'{name}.py')
        assert cfg.optim_wrapper.optimizer == dict(
            type='SGD', lr=rate, momentum=.9, weight_decay=5e-4)
        schedule, = cfg.param_scheduler
        assert (schedule.type, schedule.power, schedule.eta_min,
                schedule.by_epoch) == ('mtcp_mm.PolyLR', .9, 0, False)
        assert cfg.train_dataloader.batch_size == 8
        assert math.ceil(images / 8) * cfg.train_cfg.max_epochs == 40_000
        assert cfg.train_cfg.max_epochs % cfg.train_cfg.val_interval == 0

    def test_losses(self, name):
        _, weights, share, _ = SETTINGS[name]
        cfg = load_config_file(FOLDER / f'{name}.py')
        assert cfg.model.loss_weighting == dict(
            type='mtcp_mm.FixedWeighting', weights=weights)
        tasks = cfg.model.tasks
        assert set(tasks) == set(weights)
        assert tasks.edge.pos_weight == share
        assert tasks.normals.loss.over == 'pixels'
        if 'saliency' in tasks:
            assert tasks.saliency.out_channels == 2

    def test_images(self, name):
        """Zoom 0.5 to 2, crop with at most 75 % of a class, flip, colours;
        tested as they are, NYUD-v2 at 425x560; nothing is padded to a
        multiple of something."""
        cfg = load_config_file(FOLDER / f'{name}.py')
        resize, crop, flip, colours = cfg.train_dataloader.dataset.pipeline[
            2:-1]
        assert resize.ratio_range == (.5, 2.)
        assert (crop.cat_max_ratio, crop.cat_task) == (.75, 'semseg')
        assert flip.prob == .5
        assert colours.type == 'PhotoMetricDistortion'
        sizes = [t.get('scale') for t in cfg.test_dataloader.dataset.pipeline
                 if t.type == 'Resize']
        if 'nyud' in name:
            assert (resize.scale, crop.crop_size) == ((560, 425), (425, 560))
            assert sizes == [(560, 425)]
        else:
            assert (resize.scale, crop.crop_size) == (None, (512, 512))
            assert resize.keep_ratio and not sizes
        assert cfg.model.data_preprocessor.size_divisor is None
        assert cfg.model.data_preprocessor.test_cfg is None


def test_parameters():
    """Oracle: 5.06 M of the paper, and the counts of the parts."""
    cfg = load_config_file(FOLDER / 'atrc_hrnet18_nyud.py')
    assert parameters(cfg) == (3_860_720, 5_060_994 - 3_860_720)
