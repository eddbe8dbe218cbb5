# Copyright (c) mtcp_mm authors. All rights reserved.
"""The 894 -> 40 mapping and the official split."""
from pathlib import Path

import numpy as np
from scipy.io import loadmat

HERE = Path(__file__).parent
NUM_CLASSES = 40
#: Where users get the .mat files that --mapping and --splits take.
META_DATA = 'https://github.com/ankurhanda/nyuv2-meta-data'


def _read_table(name: str) -> list[str]:
    """Lines of a table of this package, without comments."""
    lines = (HERE / name).read_text(encoding='utf-8').splitlines()
    return [line for line in lines if not line.startswith('#')]


def _read_mat(path: str, keys: tuple[str, ...]) -> list[np.ndarray]:
    """Variables of a MATLAB file (up to v7), each as a vector."""
    try:
        content = loadmat(path)
    except FileNotFoundError as error:
        raise ValueError(f'{path} does not exist. Get it from {META_DATA}.'
                         ) from error
    except (ValueError, NotImplementedError, OSError) as error:
        raise ValueError(f'{path} cannot be read as a MATLAB file ({error}). '
                         f'Get it again from {META_DATA}.') from error
    missing = [key for key in keys if key not in content]
    if missing:
        found = ', '.join(k for k in content if not k.startswith('__'))
        raise ValueError(f'{path} has no {" and no ".join(missing)}, only '
                         f'{found or "nothing"}. The file that is meant is '
                         f'in {META_DATA}.')
    return [content[key].ravel() for key in keys]


def load_mapping(path: str | None = None) -> tuple[np.ndarray, list[str]]:
    """Table of the 40 classes.

    Args:
        path (str, optional): A ``classMapping40.mat``; by default the table
            of this package.

    Returns:
        tuple[np.ndarray, list[str]]: uint8 (N + 1,), label to class with
        void at 0; and the names of the labels 1..N.

    Raises:
        ValueError: The file lacks something, or holds other classes.
    """
    if path is None:
        rows = [line.split(' ', 1) for line in _read_table('classes40.txt')]
        classes = np.array([int(row[0]) for row in rows])
        names = [row[1] for row in rows]
        path = 'classes40.txt'
    else:
        classes, names = _read_mat(path, ('mapClass', 'allClassName'))
        names = [str(np.ravel(name)[0]) for name in names]
    if len(classes) != len(names):
        raise ValueError(f'{path} has {len(classes)} classes, but '
                         f'{len(names)} names of labels.')
    if len(classes) and not (0 <= classes.min()
                             and classes.max() <= NUM_CLASSES):
        raise ValueError(f'{path} maps to classes {classes.min()}..'
                         f'{classes.max()}, expected 0..{NUM_CLASSES}.')
    return np.concatenate([[0], classes]).astype(np.uint8), names


def load_split(path: str | None = None) -> dict[str, list[int]]:
    """Official split; image numbers count from 1.

    Args:
        path (str, optional): A ``splits.mat``; by default the table of this
            package, 795 / 654 images.

    Returns:
        dict[str, list[int]]: ``train`` and ``val`` (the test images), sorted.

    Raises:
        ValueError: The file lacks something, or its lists do not share all
            images out among them.
    """
    if path is None:
        test = []
        for run in ' '.join(_read_table('test_split.txt')).split():
            first, _, last = run.partition('-')
            test += range(int(first), int(last or first) + 1)
        train = sorted(set(range(1, 1450)) - set(test))
    else:
        train, test = (sorted(int(i) for i in ids) for ids in _read_mat(
            path, ('trainNdxs', 'testNdxs')))
    ids = sorted([*train, *test])
    if ids != list(range(1, len(ids) + 1)):
        raise ValueError(f'{path}: trainNdxs and testNdxs must hold each of '
                         f'1..{len(ids)} once between them, but do not.')
    return dict(train=train, val=test)
