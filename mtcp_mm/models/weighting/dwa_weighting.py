# Copyright (c) mtcp_mm authors. All rights reserved.
import math
from collections.abc import Mapping, Sequence

from mtcp_mm.registry import MODELS
from .epoch_weighting import EpochWeighting


@MODELS.register_module()
class DWAWeighting(EpochWeighting):
    """Dynamic weight average (Liu et al., CVPR 2019, eq. 7).

    ``w_t = T softmax_t(r_t / temperature)``, r_t being the mean loss of the
    last interval over that of the one before. The first two intervals have
    weight 1. It needs :class:`mtcp_mm.engine.hooks.EpochWeightingHook`.

    T counts the tasks that have both means; the others keep their weight. A
    task whose loss was 0 has r_t = 1.

    Args:
        tasks (Sequence[str]): Names of all tasks.
        temperature (float): > 0; the higher, the more equal are the weights.
            Defaults to 2.
        log (bool): Weigh log(1 + L) instead of L. Defaults to False.

    Raises:
        ValueError: ``temperature`` is not > 0.
    """

    def __init__(self,
                 tasks: Sequence[str],
                 temperature: float = 2.,
                 log: bool = False) -> None:
        super().__init__(tasks, history=1, log=log)
        if not (math.isfinite(temperature) and temperature > 0):
            raise ValueError(f'`temperature` must be > 0, but is '
                             f'{temperature}')
        self.temperature = temperature

    def _update(self, mean_losses: Mapping[str, float]) -> dict[str, float]:
        rates = {}
        for task, loss in mean_losses.items():
            if past := self._losses[task]:
                rates[task] = loss / past[-1] if past[-1] > 0 else 1.
        if not rates:
            return {}
        top = max(rates.values())  # exp of what is <= 0 cannot overflow
        powers = {
            task: math.exp((rate - top) / self.temperature)
            for task, rate in rates.items()
        }
        total = math.fsum(powers.values())
        return {t: len(powers) * p / total for t, p in powers.items()}
