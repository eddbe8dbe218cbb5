# Copyright (c) mtcp_mm authors. All rights reserved.
from mmengine.optim import PolyLR as MMEnginePolyLR

from mtcp_mm.registry import PARAM_SCHEDULERS


@PARAM_SCHEDULERS.register_module()
class PolyLR(MMEnginePolyLR):
    """``eta_min + (base - eta_min) * (1 - e / E) ** power``, as MT-CP has it.

    E is ``end - begin``, e counts from 0. mmengine divides by E - 1 and
    trains the last epoch at ``eta_min``; here that is reached one step later.

    Args: See :class:`mmengine.optim.PolyLR`. ``end`` defaults to the length
    of the training.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.total_iters += 1  # not used before the second step
