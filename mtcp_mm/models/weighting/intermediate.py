# Copyright (c) mtcp_mm authors. All rights reserved.
import math
from dataclasses import dataclass


@dataclass(frozen=True)
class IntermediateRule:
    """How the losses of intermediate predictions enter the total.

    Attributes:
        factor (float, optional): Factor >= 0 of every such loss. None: one
            over the number of intermediate predictions, hence their mean.
        weighted (bool): Whether the weight of the task applies, as in eq. 7
            of MT-CP. Its released code has no weights there.
        log (bool, optional): Whether log(1 + L) is taken. None: as for the
            main losses.

    Raises:
        ValueError: ``factor`` is < 0 or not finite.
    """
    factor: float | None = None
    weighted: bool = True
    log: bool | None = None

    def __post_init__(self) -> None:
        factor = self.factor
        if factor is not None and not (math.isfinite(factor) and factor >= 0):
            raise ValueError('`factor` of the intermediate losses must be a '
                             'finite number >= 0, or None for their mean, but '
                             f'is {factor}')
