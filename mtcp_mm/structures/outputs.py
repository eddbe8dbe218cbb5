# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor


@dataclass
class Stage:
    """Logits that are trained, never predicted from.

    Attributes:
        logits (Tensor): Shape (N, K, h, w), any stride.
        criterion (Callable, optional): Loss of this stage, called with the
            logits in fp32 as they are, the target (N, C, H, W) and the mask
            of its labelled pixels (N, H, W), where it is free to discretise
            or to shrink the target. None: the loss of the task, on the logits
            at the size of the target.
        weight (float): Factor in the total, beside the weight of the task.
            Defaults to 1.
        shrink_target (bool): Take the loss of the task at the size of the
            logits, on every n-th pixel of the target, instead of enlarging
            the logits. Defaults to False.
    """
    logits: Tensor
    criterion: Callable[[Tensor, Tensor, Tensor], Tensor] | None = None
    weight: float = 1.
    shrink_target: bool = False


@dataclass
class TaskOutput:
    """What a head says about one task.

    Attributes:
        final (Tensor, optional): Logits that are predicted from, shape
            (N, K, H, W), any stride. None: the task only helps.
        stages (dict[str, Stage]): Further logits by the name they have in
            the log, ``<task>.loss_<name>``.
        weight (float): Factor of the final logits in the total, beside the
            weight of the task. Defaults to 1.
    """
    final: Tensor | None
    stages: dict[str, Stage] = field(default_factory=dict)
    weight: float = 1.


@dataclass
class ModelOutput:
    """What a head says about a batch.

    Attributes:
        tasks (dict[str, TaskOutput]): In the order of the tasks.
        losses (dict[str, Tensor]): Scalars that need no label, added to the
            total as they are: coherence, load balance, distillation.
    """
    tasks: dict[str, TaskOutput]
    losses: dict[str, Tensor] = field(default_factory=dict)
