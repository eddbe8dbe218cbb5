# Copyright (c) mtcp_mm authors. All rights reserved.
"""Which errors are a user's to mend, and how they are told in a line."""
import inspect
import linecache
import re
import traceback
from collections.abc import Mapping
from types import FrameType

from mmengine.registry import Registry

from mtcp_mm.utils.errors import UsageError, nearest

#: What this package raises for its users.
OWN = ValueError, KeyError, TypeError, ImportError
#: How an error of a worker of a data loader names its origin.
WORKER = re.compile(r'Caught \w+ in DataLoader worker process \d+\.\n')


def user_message(error: Exception) -> str | None:
    """What to tell the user about an error; None: a bug, show its stack.

    A user's are wrong arguments and what the system refuses (OSError); what
    this package raises on purpose as one of :data:`OWN`, which is to say: the
    stack ends in a ``raise`` of its own; and whatever happens while a config
    is read or its parts are built, constructors included.
    """
    text = str(error.args[0] if isinstance(error, KeyError) else error)
    if isinstance(error, UsageError):
        return text
    frames = [(frame, line)
              for frame, line in traceback.walk_tb(error.__traceback__)]
    worker = WORKER.match(text)
    if worker:
        text = re.split(rf'\n(?:[\w.]+\.)?{type(error).__name__}: ', text)[-1]
        text = text.strip()
    if isinstance(error, OSError):
        return text
    on_purpose = (_raised_there(str(error)) if worker else
                  _raised_here(*frames[-1]))
    if isinstance(error, OWN) and on_purpose:
        return text
    if isinstance(error, SyntaxError) and error.filename:
        text = f'{error.filename}, line {error.lineno}: {error.msg}'
    doors = [frame for frame, _ in frames if _is_door(frame)]
    if not doors:
        return None
    cfg = doors[-1].f_locals.get('cfg')
    if 'registry' in doors[-1].f_locals and isinstance(cfg, Mapping):
        return _tell_build(error, text, doors[-1])
    if isinstance(error, KeyError):
        text = f'the key `{text}` is missing'
    return f'{type(error).__name__}: {text}'


def _raised_here(frame: FrameType, line: int) -> bool:
    """Whether a stack ends in a ``raise`` of this package."""
    module = frame.f_globals.get('__name__', '')
    source = linecache.getline(frame.f_code.co_filename, line)
    return (module == '__main__' or module.startswith('mtcp_mm.')
            ) and source.lstrip().startswith('raise ')


def _raised_there(stack: str) -> bool:
    """The same for the stack that a worker sent as text."""
    *_, (file, source) = re.findall(r'  File "(.+)", line .*\n +(.*)', stack)
    return 'mtcp_mm' in file and source.startswith('raise ')


def _is_door(frame: FrameType) -> bool:
    """Whether a frame reads a config of OpenMMLab or builds a part of it."""
    module = frame.f_globals.get('__name__', '')
    return module.startswith('mmengine.config') or (
        module.startswith('mmengine') and frame.f_code.co_name.startswith(
            'build_'))


def _tell_build(error: Exception, text: str, frame: FrameType) -> str:
    """Name the type and the arguments of the part that failed."""
    cfg, registry = frame.f_locals['cfg'], frame.f_locals['registry']
    kind, hint = cfg.get('type'), ''
    name = getattr(kind, '__name__', kind)
    if 'obj_cls' not in frame.f_locals or frame.f_locals['obj_cls'] is None:
        near = nearest(str(name), _types(registry))
        return (f'type={name!r} is no {registry.name} of the registries.'
                f'{near}' if kind else f'a config of a {registry.name} lacks '
                f'`type`: {_short(cfg)}')
    if unknown := re.search(r"unexpected keyword argument '(\w+)'", text):
        parameters = inspect.signature(frame.f_locals['obj_cls']).parameters
        hint = nearest(unknown[1], parameters)
    return (f'{name} cannot be built from {_short(cfg)}: '
            f'{type(error).__name__}: {text}.{hint}')


def _types(registry: Registry) -> list[str]:
    """Types of a registry and its relatives, those of a scope with it."""
    root = registry
    while root.parent is not None:
        root = root.parent
    return [*root.module_dict, *(f'{scope}.{name}'
                                 for scope, child in root.children.items()
                                 for name in child.module_dict)]


def _short(cfg: Mapping) -> str:
    """A config in a line, without what is nested."""
    items = [f'{key}={value!r}' if isinstance(value, (str, int, float)) or
             value is None else f'{key}=...' for key, value in cfg.items()]
    return f'dict({", ".join(items)})'
