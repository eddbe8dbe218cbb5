# Copyright (c) mtcp_mm authors. All rights reserved.
"""Parts of a config that MMEngine would fail on, or run with, unnamed."""
import inspect
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config
from torch.utils.data import DataLoader

from mtcp_mm.engine.runner import OWN_HOOKS
from mtcp_mm.utils.errors import UsageError, nearest, refuse_unknown
from mtcp_mm.utils.settings import PIPELINES

#: What MMEngine's ``Runner.build_dataloader`` takes.
LOADER = (*inspect.signature(DataLoader).parameters,
          'disable_subprocess_warning', 'num_batch_per_epoch')
LEVELS = ('DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL', 'NOTSET', 'WARN',
          'FATAL')
#: MMEngine's default hooks, see ``Runner.register_default_hooks``.
HOOKS = ('runtime_info', 'timer', 'sampler_seed', 'logger', 'param_scheduler',
         'checkpoint', *OWN_HOOKS)


def check_parts(cfg: Config) -> None:
    """Refuse loaders, hooks and values of which nobody says the place.

    Raises:
        UsageError: Names the key, what is there and what was expected.
    """
    for split in PIPELINES:
        _check_loader(cfg, split)
    hooks = cfg.get('default_hooks') or {}
    for name, hook in hooks.items():
        if isinstance(hook, Mapping) and not (
                'type' in hook or name in OWN_HOOKS):
            near = nearest(name, {*HOOKS, *hooks} - {name}, .6)
            raise UsageError(f'default_hooks.{name} = {dict(hook)} lacks '
                             f'`type`.{near}')
    level = cfg.get('log_level', 'INFO')
    seed = (cfg.get('randomness') or {}).get('seed')
    resume = cfg.get('resume')
    for key, value, fits, expected in (
        ('resume', resume, isinstance(resume, (bool, type(None))),
         'True or False; the checkpoint is `load_from`'),
        ('log_level', level, isinstance(level, int) or level in LEVELS,
         f'one of {", ".join(LEVELS)}'),
        ('randomness.seed', seed, seed is None or type(seed) is int,
         'a whole number, or None')):
        if not fits:
            raise UsageError(f'{key} = {value!r}, expected is {expected}.')


def _check_loader(cfg: Config, split: str) -> None:
    loader = cfg.get(f'{split}_dataloader')
    if not isinstance(loader, Mapping):
        return
    refuse_unknown(f'{split}_dataloader', loader, LOADER)
    loop = cfg.get(f'{split}_cfg') or {}
    by_epoch = split != 'train' or _kind(loop) == 'EpochBasedTrainLoop' or (
        not _kind(loop) and loop.get('by_epoch', True))
    if by_epoch and _kind(loader.get('sampler')) == 'InfiniteSampler':
        raise UsageError(
            f'{split}_dataloader.sampler.type = InfiniteSampler never ends, '
            'and its loop waits for the end of an epoch. Take '
            'DefaultSampler; to train with it, train_cfg.type = '
            'IterBasedTrainLoop and max_iters.')


def _kind(node: Any) -> str:
    kind = node.get('type', '') if isinstance(node, Mapping) else ''
    return str(getattr(kind, '__name__', kind)).rpartition('.')[-1]
