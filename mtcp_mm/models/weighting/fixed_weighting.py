# Copyright (c) mtcp_mm authors. All rights reserved.
import math
from collections.abc import Mapping, Sequence

from mtcp_mm.registry import MODELS
from .base import LossWeighting


@MODELS.register_module()
class FixedWeighting(LossWeighting):
    """Weights that never change; without any, equal weighting.

    Args:
        tasks (Sequence[str]): Names of all tasks.
        weights (Mapping[str, float], optional): Weights >= 0; a task that is
            not named has weight 1. Defaults to None, all 1.
        log (bool): Weigh log(1 + L) instead of L ("log smoothing" in MT-CP,
            Tab. 4). Defaults to False.

    Raises:
        ValueError: A weight of an unknown task, < 0 or not finite.
    """

    def __init__(self,
                 tasks: Sequence[str],
                 weights: Mapping[str, float] | None = None,
                 log: bool = False) -> None:
        super().__init__(tasks, log)
        weights = weights or {}
        self._check_names(weights, '`weights`')
        for task, weight in weights.items():
            if not (math.isfinite(weight) and weight >= 0):
                raise ValueError(f'weight of task `{task}` must be a finite '
                                 f'number >= 0, but is {weight}')
        self._weights = {t: float(weights.get(t, 1.)) for t in self.tasks}

    @property
    def weights(self) -> dict[str, float]:
        """dict[str, float]: Weight of each task."""
        return dict(self._weights)
