# Copyright (c) mtcp_mm authors. All rights reserved.
import math
from collections.abc import Mapping, Sequence
from typing import Any

from mtcp_mm.registry import MODELS
from .epoch_weighting import EpochWeighting
from .functional import lps_weights


@MODELS.register_module()
class LPSWeighting(EpochWeighting):
    """Loss prioritization scheme (MT-CP, Sec. 3.5, eqs. 3 to 7).

    A task whose loss falls slower than those of the others gets a larger
    weight. :meth:`update` sees the mean losses of an interval (an epoch) and
    sets the weights of the next one. The first two intervals have weight 1:
    there is nothing to compare before the second has ended. The call comes
    from :class:`mtcp_mm.engine.hooks.LPSHook`, which also says how long an
    interval is; without it the weights stay at 1.

    What holds for the weights, whatever the losses, is listed in docs/lps.md
    and tested. They are not free of scale: if one task's loss is given in
    another unit, its share changes. Without ``log`` and with ``history=1``
    all weights before the floor then change by one common factor, so their
    ratios stay; with ``log`` or a longer history the ratios change too.

    Args:
        tasks (Sequence[str]): Names of all tasks.
        kappa (float): Spread factor >= 0 of eq. 6; 1: no spread. Defaults to
            2.5.
        history (int): Past intervals averaged in eq. 4 (as many as there are
            in the beginning). Defaults to 1.
        log (bool): Weigh and compare log(1 + L) instead of L. Defaults to
            True.
        prioritise (bool): False keeps all weights at 1, which leaves the log
            smoothing (MT-CP, Tab. 4). Defaults to True.
        min_weight (float, optional): Floor >= 0, since eq. 6 can push a
            weight below 0. None: no floor, as in the released code. Defaults
            to 0.1.
        warmup (int): Number of the first intervals in which all weights are
            1; the history is kept meanwhile. Defaults to 0; up to 2 change
            nothing, see above.

    Raises:
        ValueError: An option out of its range.
    """

    def __init__(self,
                 tasks: Sequence[str],
                 kappa: float = 2.5,
                 history: int = 1,
                 log: bool = True,
                 prioritise: bool = True,
                 min_weight: float | None = 0.1,
                 warmup: int = 0) -> None:
        super().__init__(tasks, history, log)
        if not (math.isfinite(kappa) and kappa >= 0):
            raise ValueError(f'`kappa` must be >= 0, but is {kappa}')
        if min_weight is not None and not (math.isfinite(min_weight)
                                           and min_weight >= 0):
            raise ValueError('`min_weight` must be >= 0, or None for no '
                             f'floor, but is {min_weight}')
        if warmup != int(warmup) or warmup < 0:
            raise ValueError('`warmup` is a number of intervals, at least 0, '
                             f'but is {warmup}')
        self.kappa = kappa
        self.prioritise = prioritise
        self.min_weight = min_weight
        self.warmup = int(warmup)
        self._updates = 0
        #: dict[str, float]: Shares of the tasks in the last update.
        self.shares: dict[str, float] = {}
        #: dict[str, float]: Tasks that the floor caught in the last update,
        #: with the weights they would have had.
        self.clamped: dict[str, float] = {}

    def _update(self, mean_losses: Mapping[str, float]) -> dict[str, float]:
        step = lps_weights(self._losses, mean_losses, self.kappa,
                           self.min_weight, self.log)
        self.shares, self.clamped = step.shares, {}
        self._updates += 1
        if not self.prioritise or self._updates < self.warmup:
            return {}
        self.clamped = {
            task: weight
            for task, weight in step.unclamped.items()
            if step.weights[task] != weight
        }
        return step.weights

    def get_state(self) -> dict[str, Any]:
        """dict[str, Any]: With ``shares`` and ``updates`` (their number)
        beside what :class:`EpochWeighting` has."""
        return dict(
            super().get_state(),
            shares=dict(self.shares),
            updates=self._updates)

    def load_state(self, state: Mapping[str, Any]) -> None:
        """See :class:`EpochWeighting`."""
        super().load_state(state)
        self.shares = {t: float(v) for t, v in state['shares'].items()}
        # states without a number are from before there was a warm-up
        self._updates = int(state.get('updates', self.warmup))
        self.clamped = {}
