# Copyright (c) mtcp_mm authors. All rights reserved.
from abc import ABCMeta, abstractmethod
from collections.abc import Iterable, Mapping, Sequence

import torch
from mmengine.model import BaseModule
from torch import Tensor

from .intermediate import IntermediateRule


class LossWeighting(BaseModule, metaclass=ABCMeta):
    """Turn the losses of the tasks into one scalar.

    The scalar is sum_t w_t [f(L_t) + mean_s f(L_t^(s))] over the tasks t with
    labels in the batch, s running over intermediate predictions, f being the
    identity or log(1 + .). Subclasses say what the weights w_t are. They are
    plain floats, neither parameters nor buffers: published checkpoints, EMA
    and buffer synchronisation do not know them.

    Args:
        tasks (Sequence[str]): Names of all tasks; the estimator gives them.
        log (bool): Whether f is log(1 + .), which brings losses of different
            scale together (MT-CP, eq. 3). Defaults to False.
        intermediate (dict, optional): Arguments of :class:`IntermediateRule`
            (``factor``, ``weighted``, ``log``) for another second term.

    Raises:
        ValueError: ``tasks`` is empty.
    """

    def __init__(self,
                 tasks: Sequence[str],
                 log: bool = False,
                 intermediate: dict | None = None) -> None:
        super().__init__()
        if not tasks:
            raise ValueError(f'{type(self).__name__} needs the names of the '
                             'tasks, but `tasks` is empty')
        self.tasks = tuple(tasks)
        self.log = log
        self.intermediate = IntermediateRule(**(intermediate or {}))

    @property
    @abstractmethod
    def weights(self) -> dict[str, float]:
        """dict[str, float]: Weight of each task in the next step."""

    @property
    def acting_weights(self) -> dict[str, float]:
        """dict[str, float]: The weights that :meth:`forward` takes."""
        return self.weights

    def forward(
        self,
        main: Mapping[str, Tensor],
        intermediate: Mapping[str, Sequence[Tensor]] | None = None
    ) -> Tensor:
        """Weigh and add.

        Args:
            main (Mapping[str, Tensor]): Scalar >= 0 per task; a task without
                labels in the batch is not in it.
            intermediate (Mapping[str, Sequence[Tensor]], optional): Scalars
                >= 0 of the intermediate predictions of tasks in ``main``.

        Returns:
            Tensor: float32 scalar, under autocast too.

        Raises:
            ValueError: No task, an unknown one, or intermediate losses
                without the main one.
        """
        intermediate = intermediate or {}
        self._check_names(main, 'main losses')
        if not main:
            raise ValueError('no task has a loss: nothing to weigh')
        if orphans := sorted(set(intermediate) - set(main)):
            raise ValueError(f'tasks {orphans} have intermediate losses, but '
                             'no main loss')
        weights, total = self.acting_weights, 0.
        for task, loss in main.items():
            value = _project(loss, self.log)
            if stages := intermediate.get(task):
                side = self._merge(stages)
                if self.intermediate.weighted:
                    value = value + side
                else:
                    total = total + side
            total = total + weights[task] * value
        return total

    def _merge(self, stages: Sequence[Tensor]) -> Tensor:
        """One number for the intermediate losses of a task."""
        rule = self.intermediate
        log = self.log if rule.log is None else rule.log
        losses = torch.stack([_project(stage, log) for stage in stages])
        if rule.factor is None:
            return losses.mean()
        return rule.factor * losses.sum()

    def _check_names(self, names: Iterable[str], what: str) -> None:
        """Raise ValueError if a name is not one of the tasks."""
        if unknown := sorted(set(names) - set(self.tasks)):
            raise ValueError(
                f'{type(self).__name__}: {what} name the unknown tasks '
                f'{unknown}. The tasks of this model are {list(self.tasks)}; '
                'compare `model.tasks` and `model.loss_weighting` in the '
                'config')


def _project(loss: Tensor, log: bool) -> Tensor:
    return loss.float().log1p() if log else loss.float()
