# Copyright (c) mtcp_mm authors. All rights reserved.
import math

import torch
from mmengine.dist import all_reduce
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import IterBasedTrainLoop, Runner

from mtcp_mm.models.weighting import LPSWeighting
from mtcp_mm.registry import HOOKS


@HOOKS.register_module()
class LPSHook(Hook):
    """Feed the mean losses of each interval to ``model.loss_weighting``.

    The mean of a task is taken over all iterations (with gradient
    accumulation: micro-steps) of all ranks in which the task had labels and
    its loss was finite. Every rank computes the same weights from it; they
    act from the next iteration on.

    A resumed run equals an uninterrupted one wherever mmengine's own loops
    allow it. Per epoch: from the checkpoint of any epoch. A checkpoint from
    within an epoch holds what was known at the start of the epoch, which is
    where mmengine restarts. Per iteration: from any checkpoint of an
    ``IterBasedTrainLoop``, because ranks then add up in every step (one
    collective of two numbers per task) instead of once per epoch.

    Weights are logged as ``lps_weight_<task>`` (those of the running
    interval; with ``apply=False`` they do not act) and shares as
    ``lps_share_<task>`` (of the last one).

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

    def __init__(self, interval: int = 1, by_epoch: bool = True) -> None:
        if interval != int(interval) or interval < 1:
            raise ValueError('`interval` is a number of epochs or iterations, '
                             f'at least 1, but is {interval}')
        self.interval = int(interval)
        self.by_epoch = by_epoch

    def before_run(self, runner: Runner) -> None:
        """Find the weighting.

        Raises:
            ValueError: The model has none, or one that needs no hook.
        """
        model = runner.model
        if is_model_wrapper(model):
            model = model.module
        weighting = getattr(model, 'loss_weighting', None)
        if not isinstance(weighting, LPSWeighting):
            raise ValueError(
                'LPSHook needs a model whose `loss_weighting` is an '
                f'LPSWeighting, but that of {type(model).__name__} is '
                f'{type(weighting).__name__}. Set `model.loss_weighting = '
                "dict(type='mtcp_mm.LPSWeighting')`, or take the hook out of "
                '`custom_hooks`')
        self.weighting = weighting
        self._sums, self._counts = self._zeros(), self._zeros()
        self._local_sums, self._local_counts = self._zeros(), self._zeros()

    def before_train(self, runner: Runner) -> None:
        """Log the weights of the first interval.

        Raises:
            ValueError: ``by_epoch`` with a loop that has no epochs.
        """
        if self.by_epoch and isinstance(runner.train_loop, IterBasedTrainLoop):
            raise ValueError(
                'IterBasedTrainLoop has no epochs: LPS would never change a '
                "weight. Use e.g. dict(type='mtcp_mm.LPSHook', interval=1000, "
                'by_epoch=False)')
        self._log(runner)

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: dict | None = None,
                         outputs: dict | None = None) -> None:
        """Add the losses ``outputs['<task>.loss']`` to those of the interval.

        A loss that is not finite is not counted.
        """
        outputs = outputs or {}
        for task in self.weighting.tasks:
            loss = outputs.get(f'{task}.loss')
            if loss is not None and math.isfinite(loss := loss.item()):
                self._local_sums[task] += loss
                self._local_counts[task] += 1
        if not self.by_epoch:
            self._gather_ranks()
            if self.every_n_train_iters(runner, self.interval):
                self._update(runner)

    def after_train_epoch(self, runner: Runner) -> None:
        """Add the ranks up and, at the end of an interval, set weights."""
        if self.by_epoch:
            self._gather_ranks()
            if self.every_n_epochs(runner, self.interval):
                self._update(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add ``checkpoint['lps']``, plain numbers. Called on rank 0 only,
        hence without any collective."""
        checkpoint['lps'] = dict(
            weighting=self.weighting.get_state(),
            sums=dict(self._sums),
            counts=dict(self._counts))

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Continue from ``checkpoint['lps']`` if the run is resumed."""
        if not runner._resume:
            return
        if 'lps' not in checkpoint:
            runner.logger.warning(
                'LPSHook: the checkpoint holds no `lps` state (it was written '
                'without this hook): all weights start at 1 again')
            return
        state = checkpoint['lps']
        self.weighting.load_state(state['weighting'])
        self._sums.update(state['sums'])
        self._counts.update(state['counts'])

    def _zeros(self) -> dict[str, float]:
        return dict.fromkeys(self.weighting.tasks, 0.)

    def _gather_ranks(self) -> None:
        """Move what each rank has seen into the sums over all ranks."""
        tasks = self.weighting.tasks
        values = torch.tensor(
            [[self._local_sums[t], self._local_counts[t]] for t in tasks],
            dtype=torch.float64)
        all_reduce(values)
        for task, (total, count) in zip(tasks, values.tolist()):
            self._sums[task] += total
            self._counts[task] += count
        self._local_sums, self._local_counts = self._zeros(), self._zeros()

    def _update(self, runner: Runner) -> None:
        """End the interval."""
        means = {
            task: self._sums[task] / count
            for task, count in self._counts.items() if count
        }
        self._sums, self._counts = self._zeros(), self._zeros()
        self.weighting.update(means)
        for task, weight in self.weighting.clamped.items():
            runner.logger.info(
                f'LPS: weight of task `{task}` is {weight:.4f}, clamped to '
                f'min_weight {self.weighting.min_weight}')
        self._log(runner)

    def _log(self, runner: Runner) -> None:
        for name, values in (('weight', self.weighting.weights),
                             ('share', self.weighting.shares)):
            for task, value in values.items():
                runner.message_hub.update_scalar(f'train/lps_{name}_{task}',
                                                 value)
