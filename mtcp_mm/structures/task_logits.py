# Copyright (c) mtcp_mm authors. All rights reserved.
from dataclasses import dataclass, field

from torch import Tensor


@dataclass
class TaskLogits:
    """What a head says about one task.

    Attributes:
        final (Tensor): Logits of the task, shape (N, K, H, W), any stride.
        intermediate (tuple[Tensor]): Logits of earlier decoder stages,
            coarsest first, each (N, K, h_i, w_i). Trained, never predicted
            from (MT-CP, Sec. 3.4).
        aux_losses (dict[str, Tensor]): Scalars that the head wants added to
            the total as they are, e.g. ``{'coherence': ...}``.
    """
    final: Tensor
    intermediate: tuple[Tensor, ...] = ()
    aux_losses: dict[str, Tensor] = field(default_factory=dict)
