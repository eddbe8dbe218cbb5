# Copyright (c) mtcp_mm authors. All rights reserved.
"""Paths with fields, such as ``{scene}/depth/{camera}/depth_{frame}.png``.

The id of an image is made of its fields in their order, joined by ``/``:
``Scene01/Camera_0/00042``. No field but a lone ``{id}`` holds a ``/``.
"""
import re
from collections.abc import Sequence
from string import Formatter


def fields_in(template: str) -> tuple[str, ...]:
    """Names of the fields of a template, each once, in their order.

    Raises:
        ValueError: Braces that do not close, or a field without a name.
    """
    try:
        parts = [name for _, name, *_ in Formatter().parse(template)]
    except ValueError as error:
        raise ValueError(f'path={template!r} is no template ({error}): write '
                         'fields as {name}.') from error
    names = tuple(dict.fromkeys(n for n in parts if n is not None))
    if not all(name.isidentifier() for name in names):
        raise ValueError(f'path={template!r} is no template: a field is a '
                         'name in braces, such as {frame}.')
    return names


def fill(template: str, fields: Sequence[str], sample_id: str) -> str:
    """Path of the file of one image.

    Args:
        template (str): The template.
        fields (Sequence[str]): Fields of which an id is made.
        sample_id (str): Their values, joined by ``/``.

    Raises:
        ValueError: The id has another number of parts, or the template has a
            field that no id tells.
    """
    parts = sample_id.split('/') if len(fields) > 1 else [sample_id]
    if len(parts) != len(fields):
        raise ValueError(
            f'{sample_id!r} is no id of these images: expected is '
            f'{"/".join(fields)}, {len(fields)} parts with / between them.')
    if unknown := set(fields_in(template)).difference(fields):
        raise ValueError(
            f'path={template!r} has the field {sorted(unknown)[0]!r}, but the '
            f'path of the images has {", ".join(fields)}. Use these.')
    return template.format(**dict(zip(fields, parts)))


def match(template: str, fields: Sequence[str], path: str) -> str | None:
    """Id of the image that a file belongs to; None: it is no such file."""
    pattern, seen = '', set()
    for text, name, *_ in Formatter().parse(template):
        pattern += re.escape(text)
        if name is not None:
            some = '.+' if name == 'id' and len(fields) == 1 else '[^/]+'
            pattern += f'(?P={name})' if name in seen else (
                f'(?P<{name}>{some})')
            seen.add(name)
    found = re.fullmatch(pattern, path)
    return found and '/'.join(found[name] for name in fields)


def fixed_folder(template: str) -> str:
    """The folder above everything that varies, '' if there is none."""
    return template.partition('{')[0].rpartition('/')[0]
