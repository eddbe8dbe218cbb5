# Copyright (c) mtcp_mm authors. All rights reserved.
from collections.abc import Mapping

from mtcp_mm.registry import TASKS
from mtcp_mm.utils.config_tree import plain
from mtcp_mm.utils.settings import HINT
from .base import DenseTask


def build_tasks(cfg: Mapping[str, dict | DenseTask]) -> dict[str, DenseTask]:
    """Build the tasks of a config.

    Args:
        cfg (Mapping): Task name to config, e.g.
            ``dict(depth=dict(type='mtcp_mm.DepthTask'))``. The name is free;
            it names fields (``gt_depth``), losses and metrics.

    Returns:
        dict[str, DenseTask]: In the order of the config.

    Raises:
        ValueError: No task, or a name that cannot name a field.
    """
    if not isinstance(cfg, Mapping) or not cfg:
        raise ValueError(
            '`tasks` must be a non-empty dict of task name to config, e.g. '
            f"dict(depth=dict(type='mtcp_mm.DepthTask')), but is {cfg!r}. "
            f'{HINT}')
    tasks = {}
    for name, task in cfg.items():
        if not name.isidentifier():
            raise ValueError(f'Task name {name!r} must be a Python identifier '
                             '(letters, digits, "_"): it names fields of the '
                             'sample and keys of the log.')
        if not isinstance(task, DenseTask):
            # own scope: the default one, mmseg, knows no tasks and would warn
            built = TASKS.build(dict(task, _scope_='mtcp_mm'))
            built.cfg, task = plain(task), built
        task.name = name
        tasks[name] = task
    return tasks
