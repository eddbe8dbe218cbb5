# Copyright (c) mtcp_mm authors. All rights reserved.
"""Keys and numbers of a config that cannot be meant."""
import inspect
import logging
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.registry import OPTIMIZERS
from mmengine.runner import Runner

from mtcp_mm.utils.config_tree import plain, walk
from mtcp_mm.utils.errors import UsageError, nearest, refuse_unknown
from mtcp_mm.utils.settings import CROPS, RESIZES, SETTINGS

#: What is read at the top level of a config: by the runner, by its settings,
#: and by these names.
KNOWN = {
    *inspect.signature(Runner).parameters, *SETTINGS,
    'activation_checkpointing', 'allow_partial', 'compile',
    'custom_imports', 'efficient_conv_bn_eval', 'find_unused_parameters',
    'git_revision', 'model_wrapper_cfg', 'runner_type', 'sync_bn',
    'tta_model', 'tta_pipeline'
} - {'cfg'}
#: What MMEngine's ``Runner.setup_env`` reads of ``env_cfg``; `dist_cfg` goes
#: to torch.distributed, which refuses what it does not know.
ENV = 'cudnn_benchmark', 'mp_cfg', 'dist_cfg', 'resource_limit'
MP = 'mp_start_method', 'opencv_num_threads'


def check_keys(cfg: Config, options: Collection[str]) -> None:
    """Refuse keys of the top level that are misspelt.

    Args:
        cfg (Config): With the options in it.
        options (Collection[str]): Dotted keys of ``--cfg-options``.

    Raises:
        UsageError: An option sets what nothing reads; or the config has a key
            that is nearly another one, and no part of the config holds its
            value, so that it is no variable either.
    """
    chosen = {key.partition('.')[0]: key for key in options}
    for key in sorted(set(cfg) - KNOWN):
        hint = nearest(key, KNOWN, .6 if key in chosen else .88)
        if key not in chosen:
            if hint and not _occurs(cfg, key):
                raise UsageError(f'nothing reads the key `{key}` of the '
                                 f'config.{hint} Mend it, or take it out.')
        elif re.search(rf'^{key}\s*=', cfg.text or '', re.M):
            print_log(
                f'--cfg-options {chosen[key]}: this is a variable of the '
                'config file. Where the file has used it, the old value '
                'stays.',
                'current', logging.WARNING)
        else:
            raise UsageError(f'--cfg-options {chosen[key]}: the config has no '
                             f'`{key}`, and nothing reads it.{hint}')


def check_values(cfg: Config) -> None:
    """Refuse what MMEngine fails on without its name, or reads over.

    Raises:
        UsageError: No such key of ``env_cfg`` or optimizer, or a size, a
            number of epochs or a factor that is not above 0.
    """
    env = cfg.get('env_cfg') or {}
    refuse_unknown('env_cfg', env, ENV)
    refuse_unknown('env_cfg.mp_cfg', env.get('mp_cfg') or (), MP)
    optimizer = (cfg.get('optim_wrapper') or {}).get('optimizer') or {}
    kind = optimizer.get('type')
    if isinstance(kind, str) and OPTIMIZERS.get(kind) is None:
        near = nearest(kind, OPTIMIZERS.module_dict, .6)
        raise UsageError(f'optim_wrapper.optimizer.type = {kind!r} is no '
                         f'optimizer.{near}')
    loop = cfg.get('train_cfg') or {}
    for key in ('max_epochs', 'max_iters', 'val_interval'):
        value = loop.get(key)
        if value is not None and (not isinstance(value, int) or value < 1):
            raise UsageError(f'train_cfg.{key} = {value!r}, expected is a '
                             'whole number >= 1.')
    for path, node in walk(cfg.get('param_scheduler'), 'param_scheduler'):
        for key in ('start_factor', 'factor'):  # what is divided by
            if node.get(key) == 0:
                raise UsageError(f'{path}.{key} = 0, expected is a number '
                                 'above 0 and up to 1.')
    for path, node in walk(dict(cfg.items())):
        kind = str(node.get('type', '')).rpartition('.')[-1]
        for key in ('scale', 'crop_size') if kind in RESIZES + CROPS else ():
            if any(isinstance(v, (int, float)) and v <= 0 and v != -1
                   for v in _parts(node.get(key))):
                raise UsageError(f'{path}.{key} = {node[key]!r} of {kind}: '
                                 'width and height must be above 0.')


def _occurs(cfg: Config, key: str) -> bool:
    """Whether the value of a key, if no mere number, stands elsewhere too."""
    value = plain(cfg[key])
    if value is None or isinstance(value, (int, float)):
        return False
    nodes = (part for other in cfg if other != key
             for part in _parts(plain(cfg[other])))
    return any(part == value for part in nodes)


def _parts(node: Any) -> Iterator[Any]:
    """A node of a config and all that is in it."""
    yield node
    for child in (node.values() if isinstance(node, Mapping) else
                  node if isinstance(node, (list, tuple)) else ()):
        yield from _parts(child)
