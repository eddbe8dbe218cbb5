# Copyright (c) mtcp_mm authors. All rights reserved.
import copy
import math

from mmengine.hooks import Hook
from mmengine.runner import IterBasedTrainLoop, Runner

from mtcp_mm.checkpoints.whole import unwrapped
from mtcp_mm.models.weighting import EpochWeighting
from mtcp_mm.registry import HOOKS
from mtcp_mm.utils.errors import UsageError
from ..optimizers import StepGuard


@HOOKS.register_module()
class EpochWeightingHook(Hook):
    """Feed the mean losses of each interval to ``model.loss_weighting``.

    The mean of a task is taken over all iterations (with gradient
    accumulation: micro-steps) in which any rank had labels of it and the loss
    was finite; a step that was skipped (:class:`StepGuard`) leaves no trace.
    The losses of a step are those of all ranks together
    (:class:`mtcp_mm.structures.TaskLosses`), so every rank computes the same
    weights without asking the others; they act from the next iteration on.

    A resumed run equals an uninterrupted one wherever mmengine's own loops
    allow it. Per epoch: from the checkpoint of any epoch. A checkpoint from
    within an epoch holds what was known at the start of the epoch, which is
    where mmengine restarts. Per iteration: from any checkpoint of an
    ``IterBasedTrainLoop``.

    Weights are logged as ``task_weight_<task>``, those of the running
    interval.

    Args:
        interval (int): Epochs or iterations between two updates. Defaults to
            1.
        by_epoch (bool): Unit of ``interval``. Must be False with
            ``IterBasedTrainLoop``. Defaults to True.

    Raises:
        ValueError: ``interval`` is < 1.
    """

    # After RuntimeInfoHook (which fetches the losses from the device for the
    # log), before the logger and the checkpoint.
    priority = 'ABOVE_NORMAL'
    #: The weightings that this hook serves.
    weighting_type = EpochWeighting
    #: Where the state stands in a checkpoint.
    state_key = 'loss_weighting'
    _example = 'DWAWeighting'

    def __init__(self, interval: int = 1, by_epoch: bool = True) -> None:
        if interval != int(interval) or interval < 1:
            raise ValueError('`interval` is a number of epochs or iterations, '
                             f'at least 1, but is {interval}')
        self.interval = int(interval)
        self.by_epoch = by_epoch
        # sum and number of losses by task: of the finished epochs of the
        # interval, and of the running one
        self._known: dict[str, list[float]] = {}
        self._running: dict[str, list[float]] = {}
        # both, before the present step
        self._before: tuple[dict, dict] | None = None
        self._restored = False

    def before_train(self, runner: Runner) -> None:
        """Log the weights of the first interval; resumed, they are logged.

        Raises:
            ValueError: The model has no such weighting, or ``by_epoch`` with
                a loop that has no epochs.
        """
        if not self._restored:
            self._log(runner)
        if self.by_epoch and isinstance(runner.train_loop, IterBasedTrainLoop):
            name = type(self).__name__
            raise ValueError(
                f'IterBasedTrainLoop has no epochs: {name} would never change '
                f"a weight. Use e.g. dict(type='mtcp_mm.{name}', "
                'interval=1000, by_epoch=False)')

    def weighting(self, runner: Runner) -> EpochWeighting:
        """The weighting of the model.

        Raises:
            UsageError: It is of another kind.
        """
        model = unwrapped(runner.model)
        weighting = getattr(model, 'loss_weighting', None)
        if not isinstance(weighting, self.weighting_type):
            raise UsageError(
                f'{type(self).__name__} needs a model whose `loss_weighting` '
                f'is an {self.weighting_type.__name__}, but that of '
                f'{type(model).__name__} is {type(weighting).__name__}. Set '
                "`model.loss_weighting = dict(type='mtcp_mm."
                f"{self._example}')`, or take the hook out of `custom_hooks` "
                '(all of them: `custom_hooks = []`)')
        return weighting

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: dict | None = None,
                         outputs: dict | None = None) -> None:
        """Add the main losses of the step; one that is not finite is not
        counted."""
        if self._before is None:
            self._before = copy.deepcopy((self._known, self._running))
        for task, loss in unwrapped(runner.model).main_losses.items():
            if math.isfinite(loss := loss.item()):
                sums = self._running.setdefault(task, [0., 0])
                sums[0] += loss
                sums[1] += 1
        wrapper = runner.optim_wrapper
        stepped = not isinstance(wrapper, StepGuard) or wrapper.stepped
        if stepped is False:
            self._known, self._running = self._before
        if stepped is not None:
            self._before = None
        if not self.by_epoch:
            self._end(runner, self.every_n_train_iters(runner, self.interval))

    def after_train_epoch(self, runner: Runner) -> None:
        """At the end of an interval, set weights."""
        if self.by_epoch:
            self._end(runner, self.every_n_epochs(runner, self.interval))

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add the state, plain numbers."""
        checkpoint[self.state_key] = dict(
            weighting=self.weighting(runner).get_state(),
            sums={t: total for t, (total, _) in self._known.items()},
            counts={t: count for t, (_, count) in self._known.items()})

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Continue from the state if the run is resumed."""
        if not runner._resume:
            return
        if self.state_key not in checkpoint:
            runner.logger.warning(
                f'{type(self).__name__}: the checkpoint holds no '
                f'`{self.state_key}` state (it was written without this '
                'hook): all weights start at 1 again')
            return
        state = checkpoint[self.state_key]
        self.weighting(runner).load_state(state['weighting'])
        self._known = {
            task: [total, state['counts'][task]]
            for task, total in state['sums'].items()
        }
        self._restored = True

    def _end(self, runner: Runner, of_interval: bool) -> None:
        """End an epoch, or a step, and maybe the interval."""
        for task, (total, count) in self._running.items():
            known = self._known.setdefault(task, [0., 0])
            known[0] += total
            known[1] += count
        self._running = {}
        if not of_interval:
            return
        weighting = self.weighting(runner)
        weighting.update({
            task: total / count
            for task, (total, count) in self._known.items() if count
        })
        self._known = {}
        if self._before is not None:  # in the midst of a step
            self._before = {}, {}
        self._log(runner)

    def _log(self, runner: Runner) -> None:
        self._log_values(runner, 'task_weight', self.weighting(runner).weights)

    @staticmethod
    def _log_values(runner: Runner, name: str,
                    values: dict[str, float]) -> None:
        for task, value in values.items():
            runner.message_hub.update_scalar(f'train/{name}_{task}', value)
