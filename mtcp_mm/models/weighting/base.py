# Copyright (c) mtcp_mm authors. All rights reserved.
from abc import ABCMeta, abstractmethod
from collections.abc import Iterable, Sequence

from mmengine.model import BaseModule
from torch import Tensor

from mtcp_mm.structures import Features, TaskLosses
from mtcp_mm.utils.precision import at_least_float32


class LossWeighting(BaseModule, metaclass=ABCMeta):
    """Turn the losses of the tasks into one scalar.

    The term of a task is a_0 f(L_t) + sum_s a_s f(L_t^(s)), s running over
    the stages; the factors a_0 (mostly 1) and a_s are those of the head, f is
    the identity or log(1 + .). The scalar is the weighted sum of the terms.
    There are three kinds of strategies: from the losses of the step (this
    class), from means over epochs (:class:`EpochWeighting`), and from
    gradients (:class:`GradientWeighting`).

    Weights that follow from the losses are plain floats, so that published
    checkpoints, EMA and buffer synchronisation do not know them. Weights that
    are learned are parameters, see :class:`UncertaintyWeighting`.

    Args:
        tasks (Sequence[str]): Names of all tasks; the estimator gives them.
        log (bool): Whether f is log(1 + .), which brings losses of different
            scale together (MT-CP, eq. 3). Defaults to False.

    Raises:
        ValueError: ``tasks`` is empty.
    """

    def __init__(self, tasks: Sequence[str], log: bool = False) -> None:
        super().__init__()
        if not tasks:
            raise ValueError(f'{type(self).__name__} needs the names of the '
                             'tasks, but `tasks` is empty')
        self.tasks = tuple(tasks)
        self.log = log

    @property
    @abstractmethod
    def weights(self) -> dict[str, float]:
        """dict[str, float]: Weight of each task in the next step."""

    @property
    def step_weights(self) -> dict[str, float]:
        """dict[str, float]: Weights that change with every step, for the log.
        Defaults to none."""
        return {}

    def cut(self, features: Features) -> Features:
        """What the head gets in place of the features of the encoder, for
        weightings that look at gradients there. Defaults to the same."""
        return features

    def forward(self,
                losses: TaskLosses,
                features: Sequence[Tensor] = ()) -> Tensor:
        """Weigh and add.

        Args:
            losses (TaskLosses): Scalars >= 0; a task without labels in the
                batch is not among them, ``extra`` is left alone.
            features (Sequence[Tensor]): Maps of :meth:`cut` that the losses
                follow from; weightings from gradients need them.

        Returns:
            Tensor: Scalar, float32 under autocast too.

        Raises:
            ValueError: No task, or an unknown one.
        """
        weights, total = self.weights, 0.
        for task, term in self.terms(losses).items():
            total = total + weights[task] * term
        return total

    def terms(self, losses: TaskLosses) -> dict[str, Tensor]:
        """Unweighted term of every task that has a loss."""
        self._check_names((*losses.main, *losses.stages), 'losses')
        terms = {
            task: self._term(losses, task)
            for task in self.tasks
            if task in losses.main or task in losses.stages
        }
        if not terms:
            raise ValueError('no task has a loss: nothing to weigh')
        return terms

    def _term(self, losses: TaskLosses, task: str) -> Tensor:
        stages = sum(
            stage.weight * self._project(stage.value)
            for stage in losses.stages.get(task, {}).values())
        if task not in losses.main:  # it only helps
            return stages
        main = self._project(losses.main[task])
        return losses.main_weights.get(task, 1.) * main + stages

    def _project(self, loss: Tensor) -> Tensor:
        loss = at_least_float32(loss)
        return loss.log1p() if self.log else loss

    def _check_names(self, names: Iterable[str], what: str) -> None:
        """Raise ValueError if a name is not one of the tasks."""
        if unknown := sorted(set(names) - set(self.tasks)):
            raise ValueError(
                f'{type(self).__name__}: {what} name the unknown tasks '
                f'{unknown}. The tasks of this model are {list(self.tasks)}; '
                'compare `model.tasks` and `model.loss_weighting` in the '
                'config')
