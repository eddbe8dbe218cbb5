# Copyright (c) mtcp_mm authors. All rights reserved.
import inspect
from pathlib import Path

from mmengine.dist import all_reduce_params, is_main_process
from mmengine.fileio import LocalBackend
from mmengine.hooks import CheckpointHook
from mmengine.runner import EpochBasedTrainLoop, Runner

from mtcp_mm.registry import HOOKS
from mtcp_mm.utils.errors import refuse_unknown
from mtcp_mm.utils.files import write_atomically


class _Later(LocalBackend):
    """Puts removals off."""

    def __init__(self) -> None:
        self.waiting = []

    def remove(self, filepath: str | Path) -> None:
        self.waiting.append(Path(filepath))

    def remove_now(self) -> None:
        for file in self.waiting:
            file.unlink(missing_ok=True)
        self.waiting.clear()


@HOOKS.register_module()
class MultiTaskCheckpointHook(CheckpointHook):
    """MMEngine's, but there is a whole checkpoint at any moment.

    An old file goes once the new one is on disk, and the pointer
    ``last_checkpoint`` is replaced, not written over. A run that is resumed
    has the validation first of which a kill left nothing in the checkpoint,
    so it goes on as if it had never stopped. Buffers are averaged over ranks
    before they are saved.

    Takes the arguments of :class:`mmengine.hooks.CheckpointHook`, which
    :class:`MultiTaskRunner` replaces by this one.

    Raises:
        UsageError: An argument that neither the hook nor
            :meth:`Runner.save_checkpoint` knows.
    """

    _said_none = False

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        known = {**inspect.signature(CheckpointHook).parameters,
                 **inspect.signature(Runner.save_checkpoint).parameters}
        refuse_unknown('default_hooks.checkpoint', self.args,
                       sorted(known.keys() - {'self', 'kwargs'}))

    def before_train(self, runner: Runner) -> None:
        """Tidy up after a run that was cut off, and validate for it."""
        super().before_train(runner)
        self._is_local = type(self.file_backend) is LocalBackend
        if self._is_local:
            self.file_backend = _Later()
            self._stay_here(runner)
            if is_main_process():
                for part in Path(self.out_dir).glob('.*.pth.[0-9]*'):
                    part.unlink(missing_ok=True)  # of a save that was killed
        if runner.iter and _validation_is_due(runner):
            runner.logger.info('The checkpoint was saved before its '
                               'validation, which follows now.')
            self.last_ckpt = runner.message_hub.get_info('last_ckpt')
            runner.val_loop.run()

    def _stay_here(self, runner: Runner) -> None:
        """A run that was moved must not remove files of its old place."""
        if self.save_best is None:
            return
        several = len(self.key_indicators) > 1
        paths = self.best_ckpt_path_dict if several else {
            None: self.best_ckpt_path}
        for key, path in paths.items():
            if path is None:
                continue
            path = str(Path(self.out_dir, Path(path).name))
            if several:
                paths[key] = path
            else:
                self.best_ckpt_path = path
            runner.message_hub.update_info(
                f'best_ckpt_{key}' if several else 'best_ckpt', path)

    def after_val_epoch(self, runner: Runner, metrics: dict) -> None:
        """Save the best, and that this validation was done."""
        if runner._train_loop is not None:
            runner.message_hub.update_info('validated_iter', runner.iter)
        super().after_val_epoch(runner, metrics)

    def _save_best_checkpoint(self, runner: Runner, metrics: dict) -> None:
        super()._save_best_checkpoint(runner, metrics)
        none = [key for key in self.key_indicators
                if metrics[key] != metrics[key]] if self.save_best else []
        if none and not self._said_none:
            self._said_none = True
            runner.logger.warning(
                f'{", ".join(none)} is NaN, so this is no best checkpoint. '
                'Has any label of the validation a pixel that counts? Mend '
                'them, or name another score in '
                '`default_hooks.checkpoint.save_best`.')
        if self._is_local and is_main_process():
            self.file_backend.remove_now()

    def _save_checkpoint_with_step(self, runner: Runner, step: int,
                                   meta: dict) -> None:
        # Every rank has statistics of its own, but only one is saved: go on
        # with what a resumed run would have.
        all_reduce_params(runner.model.buffers(), op='mean')
        if not self._is_local:
            super()._save_checkpoint_with_step(runner, step, meta)
            return
        hub, old = runner.message_hub, []
        if self.max_keep_ckpts > 0:
            kept = [i for i in self.keep_ckpt_ids if i != step] + [step]
            old = kept[:-self.max_keep_ckpts]
            # what is there until this is on disk: a resumed run removes it
            hub.update_info('keep_ckpt_ids', kept)
            self.keep_ckpt_ids.clear()
            self.keep_ckpt_ids.extend(kept)
        name = self.filename_tmpl.format(step)
        self.last_ckpt = str(Path(self.out_dir, name))
        hub.update_info('last_ckpt', self.last_ckpt)
        runner.save_checkpoint(
            self.out_dir,
            name,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            **self.args)
        write_atomically(
            Path(runner.work_dir, 'last_checkpoint'), self.last_ckpt)
        if is_main_process():
            for i in old:
                Path(self.out_dir, self.filename_tmpl.format(i)).unlink(
                    missing_ok=True)
        if old:
            hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))


def _validation_is_due(runner: Runner) -> bool:
    """Whether the loop would have validated after what is done already."""
    loop = runner.train_loop
    done, end = loop.iter, loop.max_iters
    if isinstance(loop, EpochBasedTrainLoop):
        done, end = loop.epoch, loop.max_epochs
    if runner.val_loop is None or done < loop.val_begin:
        return False
    loop._decide_current_val_interval()
    return (done % loop.val_interval == 0 or done == end) and (
        runner.message_hub.get_info('validated_iter', -1) != runner.iter)
