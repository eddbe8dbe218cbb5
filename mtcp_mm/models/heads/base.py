# Copyright (c) mtcp_mm authors. All rights reserved.
from abc import ABCMeta, abstractmethod
from collections.abc import Mapping, Sequence

from mmengine.model import BaseModule
from torch import Tensor

from mtcp_mm.structures import Features, ModelOutput, Stage, TaskOutput

#: What the arguments of a head say about its input, see widths_of.
Widths = int | Sequence[int] | Mapping[str, Sequence[int]]


class MultiTaskHead(BaseModule, metaclass=ABCMeta):
    """From the features of an encoder to the logits of all tasks.

    The estimator gives ``task_channels`` and ``helpers`` and, to a head that
    names them in its ``__init__``, ``in_channels`` and ``in_strides`` of the
    encoder.

    Args:
        task_channels (Mapping[str, int]): Logit channels per task.
        helpers (Sequence[str]): Tasks that only help: they are trained, but
            have no final logits. Defaults to none.
    """

    def __init__(self,
                 task_channels: Mapping[str, int],
                 helpers: Sequence[str] = (),
                 init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        if unknown := sorted(set(helpers) - set(task_channels)):
            raise ValueError(f'`helpers` names the unknown tasks {unknown}; '
                             f'the tasks are {list(task_channels)}')
        self.task_channels = dict(task_channels)
        self.helpers = frozenset(helpers)

    @abstractmethod
    def forward(self, feats: Features | Sequence[Tensor] | Tensor
                ) -> ModelOutput:
        """Decode every task.

        Args:
            feats: Features; a tuple of maps (N, C_i, H_i, W_i), finest
                first, or a single map is taken as shared by all tasks.
        """

    def task_output(self,
                    task: str,
                    final: Tensor,
                    stages: Mapping[str, Stage] | None = None,
                    weight: float = 1.) -> TaskOutput:
        """Output of a task; the last logits of a helper are one more stage,
        ``helper``. They have the factor ``weight`` in the total."""
        stages = dict(stages or {})
        if task in self.helpers:
            stages['helper'] = Stage(final, weight=weight)
            return TaskOutput(None, stages)
        return TaskOutput(final, stages, weight)
