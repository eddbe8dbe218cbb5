# Copyright (c) mtcp_mm authors. All rights reserved.
import torch
from mmengine.dist import all_gather_object
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mtcp_mm.checkpoints.whole import unwrapped
from mtcp_mm.registry import HOOKS
from mtcp_mm.utils.numbers import NumbersError, broken_weights
from ..optimizers import StepGuard

#: Names of a list that are told.
TOLD = 32


@HOOKS.register_module()
class StepGuardHook(Hook):
    """Tell which steps were skipped and why, and end a run that is lost.

    :class:`mtcp_mm.engine.optimizers.StepGuard` skips steps; this hook undoes
    what the forward pass left in the buffers (statistics of batch norm), says
    what was not finite in which images, and counts. The message hub, hence
    the checkpoint, has the number of skipped steps as ``skipped_steps``.

    An epoch (or a run without epochs) in which steps were skipped and none
    was made ends the run. Weights that are not finite are not saved, whoever
    asks for it.
    :class:`mtcp_mm.engine.runner.MultiTaskRunner` registers this hook.

    Args:
        max_in_row (int): Skipped steps in a row that end the run. Defaults
            to 5.

    Raises:
        ValueError: ``max_in_row`` is < 1.
    """

    # before the logger and the checkpoint
    priority = 'NORMAL'

    def __init__(self, max_in_row: int = 5) -> None:
        if max_in_row < 1:
            raise ValueError('`max_in_row` is a number of steps, at least 1, '
                             f'but is {max_in_row}')
        self.max_in_row = max_in_row
        self._row: list[str] = []
        self._stepped = False  # in this epoch
        # of the iterations since the last step
        self._images: list[str] = []
        self._logs: list[dict] = []
        self._buffers: list[torch.Tensor] = []

    def before_train_iter(self,
                          runner: Runner,
                          batch_idx: int,
                          data_batch: dict | None = None) -> None:
        """Keep what a skipped step has to give back."""
        if not self._logs:
            self._images = []
            self._buffers = [b.clone() for b in runner.model.buffers()]
        self._images += _names(data_batch)

    def after_train_iter(self,
                         runner: Runner,
                         batch_idx: int,
                         data_batch: dict | None = None,
                         outputs: dict | None = None) -> None:
        """Look at what became of the step.

        Raises:
            NumbersError: Too many were skipped in a row.
        """
        wrapper = runner.optim_wrapper
        if not isinstance(wrapper, StepGuard):
            return
        self._logs.append({
            k: torch.as_tensor(v).detach()
            for k, v in (outputs or {}).items()
        })
        if wrapper.stepped is None:
            return
        if wrapper.stepped:
            self._row, self._stepped = [], True
        else:
            self._skipped(runner, wrapper)
        self._logs = []

    def _skipped(self, runner: Runner, wrapper: StepGuard) -> None:
        for buffer, before in zip(runner.model.buffers(), self._buffers):
            buffer.copy_(before)
        if wrapper.excused:
            runner.logger.info(
                f'Iteration {runner.iter + 1}: the gradients are too large '
                'for the loss scale of mixed precision, which is lowered.')
            return
        count = runner.message_hub.runtime_info.get('skipped_steps', 0) + 1
        runner.message_hub.update_info('skipped_steps', count)
        self._row.append(self._describe(runner, wrapper))
        runner.logger.warning(
            f'Step skipped, {len(self._row)} in a row, {count} in this run. '
            + self._row[-1])
        if len(self._row) >= self.max_in_row:
            raise self._lost(
                runner, f'{len(self._row)} steps in a row had losses or '
                'gradients that are not finite',
                '; `default_hooks.step_guard.max_in_row` allows more')

    def _lost(self, runner: Runner, what: str, more: str = '') -> NumbersError:
        steps = '\n'.join(self._row)
        return NumbersError(
            f'{what}:\n{steps}\nThey changed no weight, and no checkpoint in '
            f'{runner.work_dir}. Check the labels of these images, lower '
            '`optim_wrapper.optimizer.lr`, or set `optim_wrapper.clip_grad`'
            f'{more}.')

    def _describe(self, runner: Runner, wrapper: StepGuard) -> str:
        losses = [
            f'{key} is {value.item():g}'
            for log in self._logs for key, value in log.items()
            if value.numel() == 1 and not value.isfinite()
        ]
        ranks = all_gather_object((losses, self._images))
        images = [name for _, names in ranks for name in names]
        faults = list(dict.fromkeys(x for losses, _ in ranks for x in losses))
        faults = faults or ['all losses are finite']
        model = unwrapped(runner.model)
        names = {id(p): n for n, p in model.named_parameters()}
        broken = [names.get(id(p), '?') for p in wrapper.broken]
        if broken:
            faults.append(f'gradients of {len(broken)} parameters are not, '
                          f'the first is {broken[0]}')
        return (f'Iteration {runner.iter + 1}: {_told(faults)}; images: '
                f'{_told(images)}.')

    # ---- weights ----------------------------------------------------------
    def after_train_epoch(self, runner: Runner) -> None:
        """Look at the weights before an older checkpoint is removed.

        Raises:
            NumbersError: They are not finite, or no step was made.
        """
        if self._row and not self._stepped:
            raise self._lost(runner, 'No step was made in an epoch')
        self._stepped = False
        self._refuse(runner, unwrapped(runner.model).state_dict())

    def before_val_epoch(self, runner: Runner) -> None:
        """See :meth:`after_train_epoch`; also for loops without epochs."""
        self._refuse(runner, unwrapped(runner.model).state_dict())

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Refuse to save weights that are not finite.

        Raises:
            NumbersError: Some are not.
        """
        self._refuse(runner, checkpoint['state_dict'])

    @staticmethod
    def _refuse(runner: Runner, state: dict) -> None:
        parameters = dict(unwrapped(runner.model).named_parameters())
        if broken := broken_weights(state, parameters):
            raise NumbersError(
                f'{len(broken)} of {len(state)} weights are not finite at '
                f'iteration {runner.iter}: {_told(broken, 5)}. They are not '
                'saved. Start again, or go on from the last checkpoint in '
                f'{runner.work_dir}, with a lower `optim_wrapper.optimizer.'
                'lr` or with `optim_wrapper.clip_grad`.')


def _names(data_batch: dict | None) -> list[str]:
    """File, or else the id, of every sample of a batch."""
    samples = data_batch.get('data_samples') if isinstance(
        data_batch, dict) else None
    metas = [getattr(s, 'metainfo', {}) for s in samples or []]
    return [str(m.get('img_path', m.get('sample_id', '?'))) for m in metas]


def _told(names: list[str], most: int = TOLD) -> str:
    """A list of names that may be long."""
    more = f' and {len(names) - most} more' if len(names) > most else ''
    return ', '.join(names[:most]) + more if names else 'not named'
