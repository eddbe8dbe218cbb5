# Copyright (c) mtcp_mm authors. All rights reserved.
from mmengine.runner import Runner

from mtcp_mm.models.weighting import LPSWeighting
from mtcp_mm.registry import HOOKS
from .epoch_weighting_hook import EpochWeightingHook


@HOOKS.register_module()
class LPSHook(EpochWeightingHook):
    """:class:`EpochWeightingHook` for the loss prioritization scheme.

    Weights are logged as ``lps_weight_<task>`` (those of the running
    interval) and shares as ``lps_share_<task>`` (of the last one); a weight
    that its floor has caught is said in the log.
    """

    weighting_type = LPSWeighting
    state_key = 'lps'
    _example = 'LPSWeighting'

    def _log(self, runner: Runner) -> None:
        weighting = self.weighting(runner)
        for task, weight in weighting.clamped.items():
            runner.logger.info(
                f'LPS: weight of task `{task}` is {weight:.4f}, clamped to '
                f'min_weight {weighting.min_weight}')
        self._log_values(runner, 'lps_weight', weighting.weights)
        self._log_values(runner, 'lps_share', weighting.shares)
