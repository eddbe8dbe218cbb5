# Copyright (c) mtcp_mm authors. All rights reserved.
"""What was loaded from a checkpoint, in words."""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .compare import Comparison

SHOWN = 6  # keys of a kind that an error or a short report names


@dataclass
class PartReport:
    """How one part of the model got its values.

    Attributes:
        name (str): Its place in the model, as 'neck'; '' for the model.
        kind (str): Its class.
        checkpoint (str): The file, as ``init_cfg`` names it.
        prefix (str, optional): The prefix in ``init_cfg``.
        found (Comparison): What the file holds of it.
        filled (list[str]): Keys that mmengine or the module itself had not
            loaded, filled afterwards.
        overwritten (list[str]): Keys that the checkpoint of a larger part,
            loaded later, holds too.
        whole (bool): The checkpoint is one of this very model, and not of
            an ``init_cfg``.
        key (str): Where the config names the file, below ``model``.
    """
    name: str
    kind: str
    checkpoint: str
    prefix: str | None
    found: Comparison
    filled: list[str] = field(default_factory=list)
    overwritten: list[str] = field(default_factory=list)
    whole: bool = False
    key: str = ''


@dataclass
class LoadingReport:
    """All parts, and what is left on both sides.

    Attributes:
        parts (list[PartReport]): Parts with a checkpoint.
        ignored (dict[str, dict[str, str]]): File to key to reason.
        without (list[str]): Keys of the model that come from no file.
    """
    parts: list[PartReport]
    ignored: dict[str, dict[str, str]]
    without: list[str]

    def text(self, all_keys: bool = False) -> str:
        """Lines to read.

        Args:
            all_keys (bool): Name every key, not only groups of them.
                Defaults to False.
        """
        lines = []
        for path in dict.fromkeys(p.checkpoint for p in self.parts):
            lines.append(f'checkpoint {path}')
            for part in self.parts:
                if part.checkpoint == path:
                    lines += _part_lines(part, all_keys)
            ignored = self.ignored[path]
            lines.append(f'  ignored: {_count(ignored, "key")}')
            by_reason = {}
            for key, reason in ignored.items():
                by_reason.setdefault(reason, []).append(key)
            for reason, keys in by_reason.items():
                lines += _key_lines(keys, all_keys, f'{reason}: ')
        lines.append('not in a checkpoint, initialised by their own rules: '
                     f'{_count(self.without, "key")}')
        lines += _key_lines(self.without, all_keys)
        return '\n'.join(lines)


def _part_lines(part: PartReport, all_keys: bool) -> list[str]:
    found = part.found
    used = [*found.used.values(), *found.resized.values()]
    place = f'{part.name or "the whole model"} ({part.kind})'
    lines = [
        f'  {place}: {_count(used, "key")} used, found '
        f'{_where(found.prefix)}, checked by value'
    ]
    if all_keys:
        lines += [
            f'    {found.prefix}{key} -> {part.name}.{key}'
            for key in [*found.used, *found.resized]
        ]
    else:
        lines += _key_lines(used, False)
    if found.resized:
        lines.append(
            f'    of these resized to another window: {len(found.resized)}')
    if part.filled:
        lines.append(f'    of these filled by mtcp_mm, since the names or '
                     'shapes of the file are not those that `init_cfg` '
                     f'expects: {len(part.filled)}')
    if part.overwritten:
        lines.append('    of these overwritten by the checkpoint of a larger '
                     f'part: {len(part.overwritten)}')
    if found.allowed:
        lines.append(f'    not loaded, as `allow_partial` permits: '
                     f'{_count(found.allowed, "key")}')
        lines += _key_lines(found.allowed, all_keys)
    return lines


def _where(prefix: str) -> str:
    return f'as `{prefix}*`' if prefix else 'without a prefix'


def _count(keys: Iterable, what: str) -> str:
    number = len(list(keys))
    return f'{number} {what}{"" if number == 1 else "s"}'


def _key_lines(keys: list[str], all_keys: bool, label: str = '') -> list[str]:
    if all_keys:
        return [f'    {label}{key}' for key in keys]
    return [f'    {label}{grouped(keys)}'] if keys else []


def grouped(keys: Iterable[str], depth: int = 2) -> str:
    """Keys by their first names, with numbers: 'a.b.* (12), a.c.weight'."""
    groups = {}
    for key in keys:
        groups.setdefault('.'.join(key.split('.')[:depth]), []).append(key)
    return ', '.join(f'{start}.* ({len(group)})' if len(group) > 2 else
                     ', '.join(group) for start, group in groups.items())


def _some(keys: list[str]) -> str:
    more = len(keys) - SHOWN
    return ', '.join(keys[:SHOWN]) + (f' and {more} more' if more > 0 else '')


def problem_text(part: PartReport, tensors: Mapping, own_keys: int) -> str:
    """Why a checkpoint does not fit a part, and what to do.

    Args:
        part (PartReport): The part.
        tensors (Mapping): What the file holds.
        own_keys (int): Number of keys that the part has.

    Returns:
        str: Several lines that name the part, the file and the keys.
    """
    found, place = part.found, f'model.{part.name}'.rstrip('.')
    prefix = 'no prefix' if part.prefix is None else f'prefix {part.prefix!r}'
    lines = [
        f'{part.checkpoint}\ndoes not fit the model ({part.kind}):'
        if part.whole else
        f'{part.checkpoint}\ndoes not fit `{place}` ({part.kind}, {prefix} '
        f'in `init_cfg`). Looked for it {_where(found.prefix)}:',
        f'  right name and shape: {len(found.used) + len(found.resized)} of '
        f'{own_keys} keys'
    ]
    if found.missing:
        lines.append(f'  missing in the file, {len(found.missing)}: '
                     f'{_some([found.prefix + k for k in found.missing])}')
    if found.wrong_shape:
        shapes = [
            f'{found.prefix}{k} is {a} in the file, {b} in the model'
            for k, (a, b) in found.wrong_shape.items()
        ]
        lines.append(f'  other shape, {len(shapes)}: {_some(shapes)}')
    if found.left_over:
        but = '' if part.whole else ', though the part exists in the model'
        lines.append(f'  only in the file{but}, {len(found.left_over)}: '
                     f'{_some(found.left_over)}')
    lines.append(f'  the file holds: {grouped(tensors, depth=1)}')
    return '\n'.join([*lines, 'To mend it: ' + _advice(part, tensors)])


def _advice(part: PartReport, tensors: Mapping) -> str:
    if any('pixel_level_module.' in k for k in tensors):
        return ('this is a file of Hugging Face; convert it with '
                'tools/model_converters/mask2former_hf2mmseg.py.')
    if any(k.startswith('sem_seg_head.') for k in tensors):
        return ('this is a file of the original (detectron2) Mask2Former; '
                "take mmseg's, or that of Hugging Face, converted.")
    found = part.found
    if part.whole and len(found.used) < len(found.missing) + len(
            found.wrong_shape):
        return ('name a checkpoint that was trained with this config. To '
                'start from parts of another model, name it in the '
                '`init_cfg` of these parts (docs/checkpoints.md).')
    if len(found.used) < len(found.missing):
        prefix = (', or the right prefix in `init_cfg.prefix`'
                  if part.key.endswith('init_cfg.checkpoint') else '')
        return f'name the right file in `model.{part.key}`{prefix}.'
    keys = [*found.missing, *found.wrong_shape] or [
        k[len(found.prefix):] for k in found.left_over
    ]
    key = '.'.join(filter(None, (part.name, keys[0])))
    return ('give the model the settings of the checkpoint, or name another '
            'checkpoint. If the two shall differ, list the keys: '
            f"`{'' if part.whole else 'model.'}allow_partial=['{key}', ...]` "
            f"in the config (patterns as '{key.split('.')[0]}.*' work).")
