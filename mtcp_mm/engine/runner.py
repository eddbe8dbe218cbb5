# Copyright (c) mtcp_mm authors. All rights reserved.
from mmengine.config import Config
from mmengine.runner import Runner

from mtcp_mm.registry import RUNNERS
from mtcp_mm.utils.task_agreement import check_task_agreement


@RUNNERS.register_module()
class MultiTaskRunner(Runner):
    """MMEngine's runner, for configs that say everything once.

    A config names it as ``runner_type='mtcp_mm.MultiTaskRunner'``, so that
    every ``tools/train.py`` of OpenMMLab takes it.
    """

    @classmethod
    def from_cfg(cls, cfg: Config) -> 'MultiTaskRunner':
        """Build a runner from a config.

        Raises:
            ValueError: The parts of the config disagree on the tasks.
        """
        check_task_agreement(cfg)
        return super().from_cfg(cfg)
