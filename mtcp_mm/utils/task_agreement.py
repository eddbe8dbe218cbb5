# Copyright (c) mtcp_mm authors. All rights reserved.
"""Do model, data sets and evaluators of a config speak of the same tasks?"""
from collections.abc import Iterator, Mapping
from typing import Any

#: Where a config names tasks apart from ``model.tasks``.
PLACES = ('train_dataloader', 'val_dataloader', 'test_dataloader',
          'val_evaluator', 'test_evaluator')


def find_tasks(node: Any, path: str) -> Iterator[tuple[str, Mapping]]:
    """Every ``tasks`` mapping below a node of a config, with its key.

    Args:
        node (Any): Part of a config; data sets may be wrapped.
        path (str): Its key.
    """
    if isinstance(node, Mapping):
        if isinstance(node.get('tasks'), Mapping):
            yield f'{path}.tasks', node['tasks']
        for key, value in node.items():
            if key != 'tasks':
                yield from find_tasks(value, f'{path}.{key}')
    elif isinstance(node, (list, tuple)):
        for i, value in enumerate(node):
            yield from find_tasks(value, f'{path}.{i}')


def check_task_agreement(cfg: Mapping) -> None:
    """Find tasks that the model would not predict, or predict otherwise.

    A data set may lack tasks of the model (partial labels). It must not know
    further ones, or another type or number of classes: that ends in an index
    out of range deep inside of a loss.

    Args:
        cfg (Mapping): A whole config. One without ``model.tasks`` is left
            alone.

    Raises:
        ValueError: Names both keys and what they say.
    """
    model_tasks = (cfg.get('model') or {}).get('tasks')
    if not isinstance(model_tasks, Mapping):
        return
    for place in PLACES:
        for key, tasks in find_tasks(cfg.get(place), place):
            for name, task in tasks.items():
                if name not in model_tasks:
                    raise ValueError(
                        f'{key} names the task `{name}`, which model.tasks '
                        f'lacks (it has {", ".join(model_tasks)}). Add it '
                        'there or take it out here.')
                _compare(key, name, task, model_tasks[name])


def _compare(key: str, name: str, task: Any, model_task: Any) -> None:
    if not (isinstance(task, Mapping) and isinstance(model_task, Mapping)):
        return
    for option in ('type', 'num_classes'):
        here, there = task.get(option), model_task.get(option)
        if here != there:
            raise ValueError(
                f'{key}.{name}.{option} is {here!r}, but model.tasks.{name}.'
                f'{option} is {there!r}. Use one `tasks` variable for both.')
