# Copyright (c) mtcp_mm authors. All rights reserved.
"""Build parts that may ask for what the model knows."""
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn

from mtcp_mm.registry import MODELS
from mtcp_mm.structures import Features
from .encoding import describe


def offer(cfg: Mapping, **offers: Any | Callable[[], Any]) -> dict:
    """Config of a part with the arguments that it asks for.

    A part asks by naming an argument in its ``__init__``, or in that of a
    base class to which it hands ``**kwargs`` on.

    Args:
        cfg (Mapping): Config of a part; what it sets stays.
        **offers: Values, or functions that give them when they are asked for;
            None: nobody knows.

    Returns:
        dict: A copy.
    """
    cls = cfg['type']
    if isinstance(cls, str):
        with MODELS.switch_scope_and_registry(None) as registry:
            cls = registry.get(cls)
    asked = set()
    for base in inspect.getmro(cls) if inspect.isclass(cls) else ():
        if '__init__' in vars(base) and base is not nn.Module:
            parameters = inspect.signature(base.__init__).parameters
            asked |= set(parameters)
            if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
                break
    given = {
        key: value() if callable(value) else value
        for key, value in offers.items() if key in asked - set(cfg)
    }
    return {**{k: v for k, v in given.items() if v is not None}, **cfg}


def build_encoder(backbone: Mapping, neck: Mapping | None,
                  tasks: Sequence[str]) -> tuple[nn.Module, nn.Module | None]:
    """Build backbone and neck.

    Either gets the names of the ``tasks`` if it asks for them, and the neck
    the ``in_channels`` of the backbone.
    """
    tasks = list(tasks)
    backbone = MODELS.build(offer(backbone, tasks=tasks))
    if neck is None:
        return backbone, None

    def in_channels() -> list[int] | None:
        info = describe(backbone)
        if info is None:
            return None
        maps = info.shared or info.of(tasks[0])
        return [m.channels for m in maps]

    return backbone, MODELS.build(
        offer(neck, tasks=tasks, in_channels=in_channels))


def from_checkpoint(cfgs: Mapping[str, Mapping],
                    checkpoints: Mapping[str, str] | None,
                    prefix: str) -> dict[str, dict]:
    """Configs of parts of single tasks that start from models of their own.

    Args:
        cfgs (Mapping[str, Mapping]): Config of the part of every task.
        checkpoints (Mapping[str, str], optional): Task to its checkpoint; a
            task without one keeps its ``init_cfg``.
        prefix (str): Of the part in that model, may hold ``{task}``.

    Raises:
        ValueError: There is no such task.
    """
    checkpoints = {t: c for t, c in (checkpoints or {}).items() if c}
    if unknown := sorted(set(checkpoints) - set(cfgs)):
        raise ValueError(f'`task_checkpoints` names {unknown}, but there are '
                         f'parts for {list(cfgs)}')
    return {
        task: dict(
            cfg,
            init_cfg=dict(
                type='Pretrained',
                checkpoint=checkpoints[task],
                prefix=prefix.format(task=task)))
        if task in checkpoints else dict(cfg)
        for task, cfg in cfgs.items()
    }


def channels_of(info: Features | None, tasks: Sequence[str]) -> dict:
    """``in_channels`` and ``in_strides`` of what follows an encoder.

    Args:
        info (Features, optional): From :func:`describe`.
        tasks (Sequence[str]): All tasks.

    Returns:
        dict: Two lists, finest map first. If tasks have maps of their own,
        two dicts of task to list. None if nothing is known.
    """
    if info is None:
        return dict(in_channels=None, in_strides=None)

    def column(i: int) -> list[int] | dict[str, list[int]]:
        if not info.per_task:
            return [m[i] for m in info.shared]
        return {task: [m[i] for m in info.of(task)] for task in tasks}

    return dict(in_channels=column(0), in_strides=column(1))
