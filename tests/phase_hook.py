# Copyright (c) mtcp_mm authors. All rights reserved.
"""For `custom_imports` of the config that kill_and_resume.py writes."""
import time
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.registry import HOOKS


@HOOKS.register_module()
class PhaseHook(Hook):
    """Append to `phases` in the work dir when training, validation and
    saving begin, with the seconds of a clock that all processes share."""

    priority = 'LOWEST'  # a validation is over when its best is saved

    def mark(self, runner, phase):
        if phase != getattr(self, 'phase', None) and is_main_process():
            self.phase = phase
            with open(Path(runner.work_dir, 'phases'), 'a') as file:
                file.write(f'{phase} {time.monotonic()}\n')

    def before_train_iter(self, runner, *_, **__):
        self.mark(runner, 'training')

    def before_save_checkpoint(self, runner, checkpoint):
        self.mark(runner, 'saving')

    def before_val_epoch(self, runner):
        self.mark(runner, 'validation')

    def after_val_epoch(self, runner, metrics=None):
        self.mark(runner, 'training')

    def after_train(self, runner):
        self.mark(runner, 'end')
