# Copyright (c) mtcp_mm authors. All rights reserved.
import copy
import re
from collections.abc import Callable, Sequence

from mmengine.config import Config
from mmengine.dist import master_only
from mmengine.hooks import CheckpointHook, Hook
from mmengine.optim import OptimWrapper
from mmengine.runner import BaseLoop, EpochBasedTrainLoop, Runner
from torch import nn

from mtcp_mm.checkpoints.compare import CheckpointError
from mtcp_mm.checkpoints.config import disarm_resumed_config
from mtcp_mm.checkpoints.files import read_checkpoint
from mtcp_mm.checkpoints.resuming import check_resumable, newest_whole
from mtcp_mm.checkpoints.whole import check_whole, load_into, unwrapped
from mtcp_mm.engine.seeding import seeded_loader
from mtcp_mm.models.weighting import EpochWeighting
from mtcp_mm.registry import RUNNERS
from mtcp_mm.utils.config_tree import dataset_leaves
from mtcp_mm.utils.errors import UsageError
from mtcp_mm.utils.settings import apply_settings
from mtcp_mm.utils.task_agreement import check_task_agreement
from .batch_norm import ADVICE, TORCH_FAULT, tell_single_images
from .best_score import choose_best
from .hooks import EpochWeightingHook, TTAHook
from .optimizers.constructor import check_paramwise
from .test_views import SCALES, trained_zooms, view_pipeline

#: Further default hooks, by the name that a config has for them.
OWN_HOOKS = dict(
    seed='mtcp_mm.SeedHook', step_guard='mtcp_mm.StepGuardHook')


@RUNNERS.register_module()
class MultiTaskRunner(Runner):
    """MMEngine's runner, for configs that say everything once.

    It loads a checkpoint as a whole or not at all, and makes no step with
    numbers that are not finite (docs/reliability.md). A config names it as
    ``runner_type='mtcp_mm.MultiTaskRunner'``, so that every
    ``tools/train.py`` of OpenMMLab takes it.
    """

    @classmethod
    def from_cfg(cls, cfg: Config) -> 'MultiTaskRunner':
        """Build a runner from a config.

        Args:
            cfg (Config): Its settings are brought to where they are used
                (:func:`mtcp_mm.utils.settings.apply_settings`), in place.

        Raises:
            ValueError: A setting would have no effect, or the parts of the
                config disagree on the tasks.
        """
        check_task_agreement(apply_settings(cfg))
        return super().from_cfg(cfg)

    def build_optim_wrapper(
            self, optim_wrapper: dict | OptimWrapper) -> OptimWrapper:
        """MMEngine's, by our constructor if the config names none."""
        if isinstance(optim_wrapper, dict) and 'optimizer' in optim_wrapper:
            kind = 'mtcp_mm.MultiTaskOptimWrapperConstructor'
            optim_wrapper = dict(dict(constructor=kind), **optim_wrapper)
            check_paramwise(optim_wrapper)
        return super().build_optim_wrapper(optim_wrapper)

    def train(self) -> nn.Module:
        """See mmengine; warns of epoch weights that no hook ever sets.

        Raises:
            UsageError: Batch norm has one value per channel.
        """
        weighting = getattr(unwrapped(self.model), 'loss_weighting', None)
        if isinstance(weighting, EpochWeighting) and not any(
                isinstance(h, EpochWeightingHook) for h in self.hooks):
            self.logger.warning(
                f'All weights of {type(weighting).__name__} stay 1: '
                '`custom_hooks` has no LPSHook or EpochWeightingHook.')
        try:
            return super().train()
        except ValueError as error:
            if TORCH_FAULT not in str(error):
                raise
            raise UsageError(
                'Batch norm got a batch of one image on a map of 1x1: '
                f'{error}.\n{ADVICE}') from error

    def register_default_hooks(
            self, hooks: dict[str, Hook | dict] | None = None) -> None:
        """MMEngine's, with a CheckpointHook that loses no file, and our own
        (:data:`OWN_HOOKS`), of which None leaves one out."""
        hooks = dict(hooks or {})
        for name, kind in OWN_HOOKS.items():
            hook = hooks.pop(name, {})
            if isinstance(hook, dict):
                hook = dict(dict(type=kind), **hook)
            if hook is not None:
                hooks[name] = hook
        hook = hooks.setdefault('checkpoint', dict(type='CheckpointHook'))
        if isinstance(hook, dict) and hook.get('type') in (
                'CheckpointHook', 'mmengine.CheckpointHook'):
            hooks['checkpoint'] = dict(
                hook, type='mtcp_mm.MultiTaskCheckpointHook')
        super().register_default_hooks(hooks)

    def build_train_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        """Build the loop, whose images are drawn as their place says."""
        if isinstance(loop, dict) and isinstance(self._train_dataloader, dict):
            self._train_dataloader = seeded_loader(
                self._train_dataloader, self.seed, self.rank,
                self._randomness_cfg.get('diff_rank_seed', False))
        loop = super().build_train_loop(loop)
        model = unwrapped(self.model.train())  # may freeze some layers
        if doubt := tell_single_images(
                model, loop.dataloader, self.world_size):
            self.logger.warning(doubt)
        return loop

    def augment_test(self, scales: Sequence[float] | None = None) -> None:
        """Let :meth:`test` average views of every image; call it before.

        Its data sets get the ``tta_pipeline`` of the config, or the views of
        :func:`view_pipeline`; its model is wrapped as ``tta_model`` says, in
        :class:`mtcp_mm.MultiTaskTTAModel` by default. The config stays.

        Args:
            scales (Sequence[float], optional): Zooms of the views, see
                :func:`view_pipeline`; a ``tta_pipeline`` has its own. A
                network knows what depth a zoom shows from its training only,
                so others give a warning. Defaults to those of :data:`SCALES`
                that the training had, and 1.

        Raises:
            ValueError: There is nothing to test, or the test pipeline has no
                place for views.
        """
        loader = self._test_dataloader
        own = self.cfg.get('tta_pipeline')
        if not isinstance(loader, dict):
            raise UsageError('There are no views of images to test: the '
                             'config has no `test_dataloader`.')
        low, high = trained_zooms(self.cfg)
        if scales is None:
            scales = [s for s in SCALES if low <= s <= high]
        elif not own and (odd := [s for s in scales if not low <= s <= high]):
            self.logger.warning(
                f'The training had zooms of {low:g} to {high:g}; what the '
                f'network sees in views of {odd} may be wrong, and in depth '
                'above all.')
        loader = self._test_dataloader = copy.deepcopy(loader)
        for path, leaf in dataset_leaves(
                loader['dataset'], 'test_dataloader.dataset'):
            leaf['pipeline'] = copy.deepcopy(own) or view_pipeline(
                leaf.get('pipeline', ()), scales, f'{path}.pipeline')
        self.register_hook(TTAHook(self.cfg.get('tta_model')))
        self.test_views = 'tta_pipeline' if own else dict(
            scales=list(scales), flips=['horizontal'])

    def load_or_resume(self) -> None:
        """Load what the config says, or resume from the newest whole file.

        Raises:
            CheckpointError: The work dir has checkpoints, but none is whole.
        """
        if self._resume and not self._has_loaded and self._load_from is None:
            self._load_from = newest_whole(self.work_dir)
        super().load_or_resume()
        if not self._resume:  # a test has no use for the training data
            return
        loop = self.train_loop
        unit = 'epoch' if isinstance(loop, EpochBasedTrainLoop) else 'iter'
        done, end = getattr(loop, unit), getattr(loop, f'max_{unit}s')
        if done >= end:
            self.logger.warning(
                f'Nothing is left to train: {self._load_from} has seen {done} '
                f'{unit}s, and train_cfg.max_{unit}s = {end}. To go on, '
                'make that larger (its learning rate stays where its schedule '
                'ended), or start a new schedule from its weights with '
                '`load_from`, without --resume.')

    @master_only
    def save_checkpoint(self, out_dir: str, filename: str,
                        file_client_args: dict | None = None,
                        **kwargs) -> None:
        """Save a checkpoint as a whole or not at all, see mmengine's.

        Raises:
            OSError: It cannot be written, as on a full disk.
        """
        if (file_client_args or kwargs.get('backend_args')) is None and (
                '://' not in str(out_dir)):
            kwargs['backend_args'] = dict(backend='mtcp_mm')
        loop, meta = self.train_loop, dict(kwargs.get('meta') or {})
        if isinstance(loop, EpochBasedTrainLoop) and meta.get('iter') != (
                meta.get('epoch', 0) * len(loop.dataloader)):
            meta['inside_epoch'] = True
        kwargs['meta'] = meta
        super().save_checkpoint(out_dir, filename, file_client_args, **kwargs)

    def build_val_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        """MMEngine's; now it is known which scores there will be.

        Raises:
            UsageError: ``save_best`` is none of them.
        """
        loop = super().build_val_loop(loop)
        for hook in self.hooks:
            if isinstance(hook, CheckpointHook) and hook.save_best:
                choose_best(hook, loop.evaluator)
        return loop

    def load_checkpoint(self,
                        filename: str,
                        map_location: str | Callable = 'cpu',
                        strict: bool = True,
                        revise_keys: list = [(r'^module\.', '')]) -> dict:
        """Load a checkpoint for ``load_from``, ``resume`` and testing.

        MMEngine loads what fits and logs the rest. Here every key must fit,
        but for ``allow_partial`` of model and config (docs/checkpoints.md),
        and to resume also the state of the optimizer; nothing is loaded and
        no hook is called otherwise.

        Args:
            filename (str): File, URL, ``torchvision://...``.
            map_location (str | Callable): As in :func:`torch.load`.
            strict (bool): MMEngine's; the way is always strict.
            revise_keys (list): Patterns and replacements for the keys.

        Returns:
            dict: What the file holds.

        Raises:
            CheckpointError: It cannot be read, or does not fit.
        """
        checkpoint, tensors = read_checkpoint(
            filename, map_location=map_location)
        for key in list(tensors):
            new = key
            for pattern, replacement in revise_keys:
                new = re.sub(pattern, replacement, new)
            tensors[new] = tensors.pop(key)  # keeps the order
        options = dict(
            name=filename,
            allow_partial=self.cfg.get('allow_partial', ()),
            resume=self._resume)
        check_whole(self.model, tensors, **options)
        if self._resume:
            if checkpoint.get('meta', {}).get('inside_epoch') and isinstance(
                    self.train_loop, EpochBasedTrainLoop):
                raise CheckpointError(
                    f'{filename} was saved inside of an epoch, and a loop '
                    'over epochs can only start with a whole one.\nTo mend '
                    'it: resume from a checkpoint between two epochs (the '
                    'hook saves these with `by_epoch=True`), or train by '
                    'iterations.')
            self.optim_wrapper = self.build_optim_wrapper(self.optim_wrapper)
            check_resumable(checkpoint, self.optim_wrapper, self.model,
                            filename)
            disarm_resumed_config(filename, checkpoint['meta'])
        checkpoint['state_dict'] = tensors
        self.call_hook('after_load_checkpoint', checkpoint=checkpoint)
        report = load_into(self.model, checkpoint, **options)
        self._has_loaded = True
        self.logger.info(f'Loaded a checkpoint:\n{report.text()}')
        return checkpoint
