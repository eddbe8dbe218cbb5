# Copyright (c) mtcp_mm authors. All rights reserved.
import copy
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from mmengine.config import Config

from mtcp_mm.engine.hooks import TTAHook
from mtcp_mm.engine.runner import MultiTaskRunner

PIPELINE = [dict(type='LoadImageFromFile'),
            dict(type='mtcp_mm.LoadMultiTaskAnnotations'),
            dict(type='mtcp_mm.PackMultiTaskInputs')]
LOADER = dict(dataset=dict(datasets=[dict(pipeline=PIPELINE)] * 2))
TRAINING = dict(dataset=dict(pipeline=[
    dict(type='mtcp_mm.MultiTaskRandomResize', ratio_range=(.7, 1.3))]))


def augment(scales=None, loader=LOADER, **cfg):
    """The pipelines of the test, and the runner."""
    runner = SimpleNamespace(
        cfg=Config(dict(test_dataloader=copy.deepcopy(loader), **cfg)),
        logger=Mock(), register_hook=Mock())
    runner._test_dataloader = runner.cfg.test_dataloader
    MultiTaskRunner.augment_test(runner, scales)
    return [leaf.pipeline for leaf in
            runner._test_dataloader.dataset.datasets], runner


class TestAugmentTest:
    """Oracle: counts by hand; two views per size."""

    @pytest.mark.parametrize('training, scales', [
        (TRAINING, [.75, 1, 1.25]), (None, [1])])
    def test_sizes_of_the_training(self, training, scales):
        pipelines, runner = augment(train_dataloader=training)
        for pipeline in pipelines:
            (views, ), = [pipeline[-1]['transforms']]
            assert len(views) == 2 * len(scales)
        assert runner.test_views == dict(scales=scales, flips=['horizontal'])
        runner.logger.warning.assert_not_called()
        hook, = runner.register_hook.call_args.args
        assert isinstance(hook, TTAHook)

    def test_other_sizes_are_doubted(self):
        _, runner = augment([.5, 1.], train_dataloader=TRAINING)
        text, = runner.logger.warning.call_args.args
        assert 'zooms of 0.7 to 1.3' in text and '[0.5]' in text

    def test_config_says_it(self):
        own = [dict(type='LoadImageFromFile')]
        model = dict(type='mmseg.SegTTAModel')
        pipelines, runner = augment(tta_pipeline=own, tta_model=model)
        assert pipelines == [own, own]
        hook, = runner.register_hook.call_args.args
        assert hook.model == model
        assert runner.test_views == 'tta_pipeline'

    def test_config_stays(self):
        _, runner = augment()
        assert runner.cfg.test_dataloader == LOADER

    def test_nothing_to_test(self):
        with pytest.raises(ValueError, match='no `test_dataloader`'):
            augment(loader=None)
