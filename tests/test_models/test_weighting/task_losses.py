# Copyright (c) mtcp_mm authors. All rights reserved.
import torch

from mtcp_mm.structures import StageLoss, TaskLosses


def task_losses(main, stages=None, weight=None):
    """Losses of a step.

    Args:
        main (dict): Task to main loss.
        stages (dict, optional): Task to the losses of its stages.
        weight (float, optional): Factor of every stage. None: 1 / S each, as
            eq. 7 has it.
    """

    def scalar(x):
        return x if isinstance(x, torch.Tensor) else torch.tensor(float(x))

    return TaskLosses({t: scalar(x) for t, x in main.items()}, {
        task: {
            f'inter{i}': StageLoss(
                scalar(x), 1 / len(values) if weight is None else weight)
            for i, x in enumerate(values)
        }
        for task, values in (stages or {}).items()
    })
