# Copyright (c) mtcp_mm authors. All rights reserved.
import json
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mtcp_mm.utils.errors import UsageError
from mtcp_mm.utils.files import replacing_folder
from .formats import FORMATS
from .render import View, render
from .street import make_street

#: Lies beside the data and says what they are.
MARKER = 'street_demo.json'


def write_driving(out: str,
                  kind: str,
                  num_train: int = 8,
                  num_val: int = 2,
                  scale: int = 8,
                  seed: int = 0,
                  force: bool = False,
                  progress: Callable[[int], None] | None = None) -> int:
    """Write streets of boxes as a driving data set, all of it or nothing.

    Args:
        out (str): Folder to create.
        kind (str): Key of :data:`FORMATS`.
        num_train (int): Training images, at least 4. Virtual KITTI 2 spreads
            them over four scenes, and has every image twice, from two
            variations. Defaults to 8.
        num_val (int): Validation images, >= 1. Of SYNTHIA the lot takes a
            fifth of both numbers. Defaults to 2.
        scale (int): Sides are the published ones divided by this; files are
            resized copies. Defaults to 8.
        seed (int): Another seed, other streets. Defaults to 0.
        force (bool): Replace a set that this function wrote before.
        progress (Callable, optional): Called with the number of images done.

    Returns:
        int: Number of images.

    Raises:
        ValueError: A parameter out of range, or ``out`` holds something.
    """
    if kind not in FORMATS:
        raise UsageError(f'kind={kind!r} is not known: use '
                         f'{", ".join(FORMATS)}.')
    for name, value, low, high in (('num_train', num_train, 4, 99999),
                                   ('num_val', num_val, 1, 99999),
                                   ('scale', scale, 1, 16),
                                   ('seed', seed, 0, 2**31)):
        if not low <= value <= high:
            raise UsageError(f'{name} is {value}, expected is {low}..{high}.')
    target = Path(os.path.realpath(out))
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        if not (force and (target / MARKER).is_file()):
            raise UsageError(
                f'{target} is there already. Choose another OUT; --force '
                f'replaces a folder that has a {MARKER}.')
    form = FORMATS[kind]
    height, width = form.camera.size
    camera = form.camera.of_copy(round(height / scale), round(width / scale))
    about = dict(generator='mtcp_mm streets', kind=kind, num_train=num_train,
                 num_val=num_val, scale=scale, seed=seed)
    count = 0
    with replacing_folder(target) as folder:
        for shot in form.shots(num_train, num_val):
            street = make_street(_stream(seed, shot.street))
            view = View(camera, np.array([-1., 0., shot.step]), shot.yaw)
            noise = _stream(seed, '/'.join(shot.place))
            form.save(folder, shot.place, render(street, view, noise))
            count += 1
            if progress:
                progress(count)
        (folder / MARKER).write_text(json.dumps(about, indent=2))
    return count


def _stream(seed: int, name: str) -> np.random.Generator:
    """Random numbers of a street or an image, whatever the others are."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])
