# Copyright (c) mtcp_mm authors. All rights reserved.
import math
from collections.abc import Mapping, Sequence

from mtcp_mm.registry import MODELS
from .base import LossWeighting
from .functional import lps_weights


@MODELS.register_module()
class LPSWeighting(LossWeighting):
    """Loss prioritization scheme (MT-CP, Sec. 3.5, eqs. 3 to 7).

    A task whose loss falls slower than those of the others gets a larger
    weight. :meth:`update` sees the mean losses of an interval (an epoch) and
    sets the weights of the next one; in the first interval all are 1. The
    call comes from :class:`mtcp_mm.engine.hooks.LPSHook`, without which the
    weights stay at 1.

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
        min_weight (float): Floor >= 0, since eq. 6 can push a weight below
            0. Defaults to 0.1.

    Raises:
        ValueError: An option out of its range.
    """

    def __init__(self,
                 tasks: Sequence[str],
                 kappa: float = 2.5,
                 history: int = 1,
                 log: bool = True,
                 prioritise: bool = True,
                 min_weight: float = 0.1) -> None:
        super().__init__(tasks, log)
        if not (math.isfinite(kappa) and kappa >= 0):
            raise ValueError(f'`kappa` must be >= 0, but is {kappa}')
        if history != int(history) or history < 1:
            raise ValueError('`history` is a number of past intervals, at '
                             f'least 1, but is {history}')
        if not (math.isfinite(min_weight) and min_weight >= 0):
            raise ValueError(f'`min_weight` must be >= 0, but is {min_weight}')
        self.kappa = kappa
        self.history = int(history)
        self.prioritise = prioritise
        self.min_weight = min_weight
        self._weights = dict.fromkeys(self.tasks, 1.)
        self._losses = {task: [] for task in self.tasks}
        #: dict[str, float]: Shares of the tasks in the last update.
        self.shares: dict[str, float] = {}
        #: dict[str, float]: Tasks that the floor caught in the last update,
        #: with the weights they would have had.
        self.clamped: dict[str, float] = {}

    @property
    def weights(self) -> dict[str, float]:
        """dict[str, float]: Weight of each task in the next step."""
        return dict(self._weights)

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
        self.shares, self.clamped = step.shares, {}
        if self.prioritise:
            self._weights.update(step.weights)
            self.clamped = {
                task: weight
                for task, weight in step.unclamped.items()
                if weight < self.min_weight
            }
        for task, loss in mean_losses.items():
            losses = [*self._losses[task], float(loss)]
            self._losses[task] = losses[-self.history:]
        return self.weights

    def get_state(self) -> dict[str, dict]:
        """dict[str, dict]: ``weights``, ``losses`` (the history) and
        ``shares`` as plain numbers, for a checkpoint."""
        return dict(
            weights=self.weights,
            losses={task: list(v) for task, v in self._losses.items()},
            shares=dict(self.shares))

    def load_state(self, state: Mapping[str, Mapping]) -> None:
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
        self.clamped = {}
