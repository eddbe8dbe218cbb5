# Copyright (c) mtcp_mm authors. All rights reserved.
"""For `custom_imports` of the config that test_train_demo.py writes."""
import json

import torch
from mmengine.dist import all_gather, is_main_process
from mmengine.hooks import Hook
from mmengine.registry import HOOKS


@HOOKS.register_module()
class ChecksumHook(Hook):
    """Append to a file what every rank has: one line before the first step,
    one after each step, a list [sum(|parameters|), weight, ...] per rank."""

    def __init__(self, path):
        self.path = path

    def before_train(self, runner):
        values = [
            sum(p.detach().double().abs().sum().item()
                for p in runner.model.parameters()),
            *runner.model.module.loss_weighting.weights.values()
        ]
        ranks = all_gather(torch.tensor(values, dtype=torch.float64))
        if is_main_process():
            with open(self.path, 'a') as file:
                file.write(json.dumps([rank.tolist() for rank in ranks]))
                file.write('\n')

    def after_train_iter(self, runner, *args, **kwargs):
        self.before_train(runner)
