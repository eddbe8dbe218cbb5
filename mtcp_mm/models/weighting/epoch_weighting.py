# Copyright (c) mtcp_mm authors. All rights reserved.
import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from .base import LossWeighting


class EpochWeighting(LossWeighting):
    """Weights from the mean losses of past intervals, usually epochs.

    :class:`mtcp_mm.engine.hooks.EpochWeightingHook` says how long an interval
    is, hands the means over and keeps the state in the checkpoint; without it
    the weights stay at 1.

    A subclass says what follows from the history (:meth:`_update`), and what
    its state is beyond ``weights`` and ``losses``.

    Args:
        tasks (Sequence[str]): Names of all tasks.
        history (int): Number of past intervals that are kept.
        log (bool): See :class:`LossWeighting`. Defaults to False.
    """

    def __init__(self,
                 tasks: Sequence[str],
                 history: int,
                 log: bool = False) -> None:
        super().__init__(tasks, log)
        if history != int(history) or history < 1:
            raise ValueError('`history` is a number of past intervals, at '
                             f'least 1, but is {history}')
        self.history = int(history)
        self._weights = dict.fromkeys(self.tasks, 1.)
        self._losses = {task: [] for task in self.tasks}

    @property
    def weights(self) -> dict[str, float]:
        """dict[str, float]: Weight of each task in the next step."""
        return dict(self._weights)

    def update(self, mean_losses: Mapping[str, float]) -> dict[str, float]:
        """Set the weights of the next interval.

        Args:
            mean_losses (Mapping[str, float]): Mean main loss L_t >= 0 of the
                interval, without log or weight. A task without labels in the
                whole interval, or that only helps, is left out: its weight
                and history stay.

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
                    f'0, but is {loss}: {type(self).__name__} compares '
                    'losses by their ratio')
        self._weights.update(self._update(mean_losses))
        for task, loss in mean_losses.items():
            losses = [*self._losses[task], float(loss)]
            self._losses[task] = losses[-self.history:]
        return self.weights

    @abstractmethod
    def _update(self, mean_losses: Mapping[str, float]) -> dict[str, float]:
        """New weights, of the tasks whose weight changes.

        ``self._losses`` has the means of the intervals before, oldest first,
        at most ``history`` of them.
        """

    def get_state(self) -> dict[str, Any]:
        """dict[str, Any]: ``weights`` and ``losses`` (the history) as plain
        numbers, for a checkpoint."""
        return dict(
            weights=self.weights,
            losses={task: list(v) for task, v in self._losses.items()})

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from :meth:`get_state`.

        Raises:
            ValueError: The state is one of other tasks.
        """
        if set(state['weights']) != set(self.tasks):
            raise ValueError(
                f"State of a weighting of tasks {sorted(state['weights'])} "
                f'does not fit a model with tasks {sorted(self.tasks)}. To '
                'start anew from these parameters use `load_from` without '
                '`resume`')
        self._weights = {t: float(state['weights'][t]) for t in self.tasks}
        self._losses = {
            t: [float(v) for v in state['losses'][t]][-self.history:]
            for t in self.tasks
        }
