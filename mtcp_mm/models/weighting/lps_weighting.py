# Copyright (c) mtcp_mm authors. All rights reserved.
import math
from collections.abc import Mapping, Sequence

from mtcp_mm.registry import MODELS
from .base import LossWeighting
from .functional import inverse_shares, lps_weights


@MODELS.register_module()
class LPSWeighting(LossWeighting):
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
        first_weights (str): Weights of the second interval: 'ones', or
            'inverse_share' for total over loss of each task, without spread,
            as in the released code. Defaults to 'ones'.
        apply (bool): False: weights are computed and logged, but 1 acts in
            the total, as in the released code. Defaults to True.
        intermediate (dict, optional): See :class:`LossWeighting`.

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
                 warmup: int = 0,
                 first_weights: str = 'ones',
                 apply: bool = True,
                 intermediate: dict | None = None) -> None:
        super().__init__(tasks, log, intermediate)
        if not (math.isfinite(kappa) and kappa >= 0):
            raise ValueError(f'`kappa` must be >= 0, but is {kappa}')
        if history != int(history) or history < 1:
            raise ValueError('`history` is a number of past intervals, at '
                             f'least 1, but is {history}')
        if min_weight is not None and not (math.isfinite(min_weight)
                                           and min_weight >= 0):
            raise ValueError('`min_weight` must be >= 0, or None for no '
                             f'floor, but is {min_weight}')
        if warmup != int(warmup) or warmup < 0:
            raise ValueError('`warmup` is a number of intervals, at least 0, '
                             f'but is {warmup}')
        if first_weights not in ('ones', 'inverse_share'):
            raise ValueError("`first_weights` must be 'ones' or "
                             f"'inverse_share', but is {first_weights!r}")
        self.kappa = kappa
        self.history = int(history)
        self.prioritise = prioritise
        self.min_weight = min_weight
        self.warmup = int(warmup)
        self.first_weights = first_weights
        # not `apply`, which nn.Module has as a method
        self.applied = apply
        self._weights = dict.fromkeys(self.tasks, 1.)
        self._losses = {task: [] for task in self.tasks}
        self._updates = 0
        #: dict[str, float]: Shares of the tasks in the last update.
        self.shares: dict[str, float] = {}
        #: dict[str, float]: Tasks that the floor caught in the last update,
        #: with the weights they would have had.
        self.clamped: dict[str, float] = {}

    @property
    def weights(self) -> dict[str, float]:
        """dict[str, float]: Weight of each task in the next step."""
        return dict(self._weights)

    @property
    def acting_weights(self) -> dict[str, float]:
        """dict[str, float]: :attr:`weights`, or all 1 without ``apply``."""
        return self.weights if self.applied else dict.fromkeys(self.tasks, 1.)

    def update(self, mean_losses: Mapping[str, float]) -> dict[str, float]:
        """Set the weights of the next interval.

        Args:
            mean_losses (Mapping[str, float]): Mean main loss L_t >= 0 of the
                interval, without log or weight. A task without labels in the
                whole interval is left out: its weight and history stay, and
                the shares of the others are taken without it.

        Returns:
            dict[str, float]: The new :attr:`weights`.

        Raises:
            ValueError: An unknown task, a loss < 0 or not finite.
        """
        self._check_names(mean_losses, '`mean_losses`')
        for task, loss in mean_losses.items():
            if not (math.isfinite(loss) and loss >= 0):
                raise ValueError(
                    f'mean loss of task `{task}` must be a finite number >= '
                    f'0, but is {loss}: LPS compares losses by their ratio')
        step = lps_weights(self._losses, mean_losses, self.kappa,
                           self.min_weight, self.log)
        is_first = not any(self._losses.values())
        if is_first and self.first_weights == 'inverse_share':
            step = step._replace(weights=inverse_shares(step.shares))
        self.shares, self.clamped = step.shares, {}
        self._updates += 1
        if self.prioritise and self._updates >= self.warmup:
            self._weights.update(step.weights)
            self.clamped = {
                task: weight
                for task, weight in step.unclamped.items()
                if step.weights[task] != weight
            }
        for task, loss in mean_losses.items():
            losses = [*self._losses[task], float(loss)]
            self._losses[task] = losses[-self.history:]
        return self.weights

    def get_state(self) -> dict[str, dict | int]:
        """dict[str, dict | int]: ``weights``, ``losses`` (the history),
        ``shares`` and ``updates`` (their number) as plain numbers, for a
        checkpoint."""
        return dict(
            weights=self.weights,
            losses={task: list(v) for task, v in self._losses.items()},
            shares=dict(self.shares),
            updates=self._updates)

    def load_state(self, state: Mapping[str, Mapping | int]) -> None:
        """Continue from :meth:`get_state`.

        Raises:
            ValueError: The state is one of other tasks.
        """
        if set(state['weights']) != set(self.tasks):
            raise ValueError(
                f"LPS state of tasks {sorted(state['weights'])} does not fit "
                f'a model with tasks {sorted(self.tasks)}. To start anew from '
                'these parameters use `load_from` without `resume`')
        self._weights = {t: float(state['weights'][t]) for t in self.tasks}
        self._losses = {
            t: [float(v) for v in state['losses'][t]][-self.history:]
            for t in self.tasks
        }
        self.shares = {t: float(v) for t, v in state['shares'].items()}
        # states without a number are from before there was a warm-up
        self._updates = int(state.get('updates', self.warmup))
        self.clamped = {}
