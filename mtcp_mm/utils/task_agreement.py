# Copyright (c) mtcp_mm authors. All rights reserved.
"""Do model, data sets and evaluators of a config speak of the same tasks?"""
from collections.abc import Mapping
from typing import Any

from .config_tree import walk

#: Where a config names tasks apart from ``model.tasks``.
PLACES = ('train_dataloader', 'val_dataloader', 'test_dataloader',
          'val_evaluator', 'test_evaluator')


def check_task_agreement(cfg: Mapping) -> None:
    """Find tasks that the model would not predict, or predict otherwise.

    A data set may lack tasks of the model (partial labels). It must not know
    further ones, or another type or number of classes: that ends in an index
    out of range deep inside of a loss.

    Args:
        cfg (Mapping): A whole config. One without ``model.tasks`` is left
            alone.

    Raises:
        ValueError: Names both keys and what they say, or a task without a
            type, or that there is no task.
    """
    model_tasks = (cfg.get('model') or {}).get('tasks')
    if model_tasks is None:
        return
    if not isinstance(model_tasks, Mapping) or not model_tasks:
        raise ValueError(
            f'`tasks` = {model_tasks!r}, expected is a dict of at least one '
            "task name to config, such as dict(depth=dict(type='mtcp_mm."
            "DepthTask')).")
    for name, task in model_tasks.items():
        if task is None:
            raise ValueError(
                f'the task `{name}` is None. To drop it, name those that '
                'stay in a config: `tasks = dict(_delete_=True, ...)`.')
        if isinstance(task, Mapping) and 'type' not in task:
            raise ValueError(
                f'the task `{name}` has no `type`. A task that the base does '
                "not have needs one, such as type='mtcp_mm.DepthTask'; to "
                'change one of the base use its name (the tasks are '
                f'{", ".join(model_tasks)}).')
    for place in PLACES:
        for key, node in walk(cfg.get(place), place):
            tasks = node.get('tasks')
            for name, task in (tasks or {}).items():
                if name not in model_tasks:
                    raise ValueError(
                        f'{key}.tasks names the task `{name}`, which '
                        f'model.tasks lacks (it has {", ".join(model_tasks)}).'
                        ' Add it there or take it out here. A config that '
                        'names its tasks once, as `tasks` at its top level, '
                        'needs neither.')
                _compare(f'{key}.tasks', name, task, model_tasks[name])


def _compare(key: str, name: str, task: Any, model_task: Any) -> None:
    if not (isinstance(task, Mapping) and isinstance(model_task, Mapping)):
        return
    for option in ('type', 'num_classes', 'helper'):
        here, there = task.get(option), model_task.get(option)
        if here != there:
            raise ValueError(
                f'{key}.{name}.{option} is {here!r}, but model.tasks.{name}.'
                f'{option} is {there!r}. Say `tasks` once, at the top level.')
