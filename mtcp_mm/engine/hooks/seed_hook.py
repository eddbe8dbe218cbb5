# Copyright (c) mtcp_mm authors. All rights reserved.
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mtcp_mm.engine.seeding import seed_everything
from mtcp_mm.registry import HOOKS


@HOOKS.register_module()
class SeedHook(Hook):
    """Seed dropout and drop path of every step from its number.

    So a resumed run draws what one draws that was never cut off.
    :class:`MultiTaskRunner` adds it; images are seeded by
    :mod:`mtcp_mm.engine.seeding`.
    """

    priority = 'VERY_HIGH'

    def before_train_iter(self, runner: Runner, *_, **__) -> None:
        """Seed the step that follows."""
        seed_everything(runner.seed, runner.rank, runner.iter)
