# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from torch import Tensor


class StageLoss(NamedTuple):
    """Loss of a :class:`Stage`, and its factor in the total."""
    value: Tensor
    weight: float = 1.


@dataclass
class TaskLosses:
    """Unweighted losses of a step.

    On several ranks every loss has the value of the whole batch on all of
    them, and a gradient of which DDP's mean over ranks is that of the whole
    batch: whatever is computed from it is right, too.

    Attributes:
        main (dict[str, Tensor]): Scalar of the final logits per task. A task
            that only helps, or has no label in the batch, is not in it.
        main_weights (dict[str, float]): Factor of these in the total; 1 for
            a task that is not named.
        stages (dict[str, dict[str, StageLoss]]): Task and name of the stage
            to its loss.
        extra (dict[str, Tensor]): Scalars of the head that need no label.
        anchor (Tensor | float): A zero with a graph to everything that the
            other losses do not reach, for DDP.
        features (tuple[Tensor]): Maps of the encoder that they follow from,
            as the head got them.
    """
    main: dict[str, Tensor]
    stages: dict[str, dict[str, StageLoss]] = field(default_factory=dict)
    extra: dict[str, Tensor] = field(default_factory=dict)
    anchor: Tensor | float = 0.
    features: tuple[Tensor, ...] = ()
    main_weights: dict[str, float] = field(default_factory=dict)

    def to_log(self,
               total: Tensor,
               weights: Mapping[str, float] | None = None
               ) -> dict[str, Tensor | float]:
        """Keys of the log. A dot stands behind names of tasks only.

        Args:
            total (Tensor): What is minimised.
            weights (Mapping[str, float], optional): Present weights of the
                tasks, where they are news in every step.

        Returns:
            dict: ``loss``, ``<task>.loss``, ``<task>.loss_<stage>``,
            ``loss_<name>`` of the head and ``<task>.weight``.
        """
        log = dict(loss=total)
        for task in dict.fromkeys((*self.main, *self.stages)):
            if task in self.main:
                log[f'{task}.loss'] = self.main[task]
            for name, stage in self.stages.get(task, {}).items():
                log[f'{task}.loss_{name}'] = stage.value
        log.update((f'loss_{k}', v) for k, v in self.extra.items())
        log.update((f'{k}.weight', v) for k, v in (weights or {}).items())
        return log
