# Copyright (c) mtcp_mm authors. All rights reserved.
"""Cameras as configs and json files tell them."""
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import mmengine.fileio as fileio

from mtcp_mm.utils.camera import Camera

NAMES = tuple(field.name for field in fields(Camera))
FORMAT = ('{"intrinsic": {"fx": , "fy": , "u0": , "v0": }, "extrinsic": '
          '{"baseline": }}, the latter for stereo only')


def as_source(camera: Mapping) -> Camera | dict:
    """One camera for all images, or where the file of each image is.

    Args:
        camera (Mapping): Fields of :class:`Camera`; or ``folder`` and
            ``suffix``, or ``path``, and other fields that the files lack,
            such as ``size``.

    Returns:
        Camera | dict: The camera; or a source of :class:`DataFolder`, its
        ``options`` being the other fields.

    Raises:
        ValueError: A field that is missing, unknown or no number.
    """
    place = {k: v for k, v in camera.items()
             if k in ('folder', 'suffix', 'path')}
    options = {k: v for k, v in camera.items() if k not in place}
    if unknown := sorted(set(options) - set(NAMES)):
        raise ValueError(f'`camera` has the key {unknown[0]!r}. Known are '
                         f'{", ".join(NAMES)}; folder, suffix, path.')
    size = options.get('size')
    if size is None or len(size) != 2 or min(size) < 1:
        raise ValueError('`camera` needs size=(height, width), the images of '
                         f'which its pixels are, but has size={size!r}.')
    options['size'] = tuple(size)
    if place:
        if 'path' not in place and len(place) < 2:
            raise ValueError(f'`camera` has {", ".join(place)} only: files '
                             'need folder and suffix, or path.')
        return dict(place, options=options)
    missing = [k for k in ('fx', 'fy', 'cx', 'cy') if k not in options]
    if missing:
        raise ValueError(f'`camera` lacks {", ".join(missing)}: expected are '
                         'fx, fy, cx and cy in pixels.')
    return _checked(options, '`camera`')


def read_camera(camera: Camera | Mapping,
                backend_args: dict | None = None) -> Camera:
    """The camera of an image.

    Args:
        camera (Camera | Mapping): It, or the ``path`` of its json file in
            the format of Cityscapes and other fields.
        backend_args (dict, optional): See :mod:`mmengine.fileio`.

    Raises:
        ValueError: The file does not hold a camera.
    """
    if isinstance(camera, Camera):
        return camera
    values = dict(camera)
    path = values.pop('path')
    try:
        content = json.loads(fileio.get(path, backend_args=backend_args))
        inside = content['intrinsic']
        values.update(
            fx=inside['fx'], fy=inside['fy'], cx=inside['u0'],
            cy=inside['v0'])
        if 'baseline' in content.get('extrinsic', {}):
            values['baseline'] = content['extrinsic']['baseline']
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f'it lacks {error}' if isinstance(error, KeyError) else error
        raise ValueError(
            f'{path} holds no camera: {reason}. Expected is json, {FORMAT}. '
            'Copy or unpack it again.') from error
    return _checked(values, path)


def _checked(values: dict[str, Any], place: str) -> Camera:
    for name, value in values.items():
        good = name == 'size' or value is None or (
            isinstance(value, (int, float)) and not isinstance(value, bool)
            and (value > 0 or name in ('cx', 'cy', 'first')))
        if not good:
            kind = 'a number' if name in ('cx', 'cy', 'first') else (
                'a number above 0')
            raise ValueError(f'{place} holds {name}={value!r}, expected is '
                             f'{kind}.')
    return Camera(**values)
