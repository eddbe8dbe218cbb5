# Copyright (c) mtcp_mm authors. All rights reserved.
"""Read photos of any kind, and name what is made of them."""
from collections import Counter
from collections.abc import Iterable
from logging import WARNING
from pathlib import Path

import mmengine.fileio as fileio
import numpy as np
from mmengine.logging import print_log
from PIL import ImageOps

from mtcp_mm.datasets.photos import (
    SUFFIXES,
    ImageError,
    broken,
    open_image,
    read_content,
)


def decode_photo(content: bytes) -> np.ndarray:
    """Decode an image as a photo.

    The pixels are those of training, which reads with OpenCV: what is turned
    by EXIF stands upright; grey and palettes become RGB; transparency is
    dropped; 16 bits are cut to the upper 8; of an animation the first picture
    is taken. Unlike OpenCV, which fills up a truncated file with grey, this
    fails on it.

    Args:
        content (bytes): The file.

    Returns:
        np.ndarray: uint8 RGB, shape (H, W, 3).
    """
    with open_image(content) as image:
        image = ImageOps.exif_transpose(image)
        if image.mode == 'F' or image.mode.startswith('I'):
            values = np.array(image)
            if values.dtype.kind == 'f' or not 0 <= values.max() < 65536:
                raise ValueError(
                    f'it holds {values.dtype} values of {values.min()} to '
                    f'{values.max()}, a photo has 8 or 16 bits per channel')
            grey = (values >> 8).astype(np.uint8)
            return np.repeat(grey[..., None], 3, axis=-1)
        return np.array(image.convert('RGB'))


def read_photo(path: str) -> np.ndarray:
    """Read a photo, see :func:`decode_photo`.

    Args:
        path (str): File or URL, see :mod:`mmengine.fileio`.

    Raises:
        ImageError: There is no such image, or it is broken.
    """
    content = read_content(path)
    try:
        return decode_photo(content)
    except Exception as error:  # a broken file breaks in many ways
        raise broken(path, content, error) from error


def check_array(array: np.ndarray, name: str) -> np.ndarray:
    """An image that came as an array, BGR as everywhere in OpenMMLab.

    Args:
        array (np.ndarray): uint8 BGR (H, W, 3), or grey (H, W).
        name (str): For the message.

    Returns:
        np.ndarray: uint8 RGB, shape (H, W, 3).

    Raises:
        ImageError: Another type or shape.
    """
    if array.dtype == np.uint8 and array.size:
        if array.ndim == 2:
            return np.repeat(array[..., None], 3, axis=-1)
        if array.ndim == 3 and array.shape[-1] == 3:
            return np.ascontiguousarray(array[..., ::-1])
    raise ImageError(f'{name} must be uint8 BGR (H, W, 3) or grey (H, W), but '
                     f'is {array.dtype} {array.shape}.')


def list_images(folder: str) -> list[str]:
    """Images of a folder by their suffix, sorted; not those below it.

    Other files are named in the log.

    Raises:
        FileNotFoundError: There are none.
    """
    names = list(fileio.list_dir_or_file(folder, list_dir=False))
    images = sorted(n for n in names if n.lower().endswith(SUFFIXES))
    if not images:
        there = f'{len(names)} other files' if names else 'it is empty'
        raise FileNotFoundError(f'{folder} has no images ({there}). Known '
                                f'suffixes: {", ".join(SUFFIXES)}.')
    if others := sorted(set(names) - set(images)):
        print_log(
            f'{len(others)} of {len(names)} files in {folder} are no images '
            f'by their suffix and left out: {", ".join(others[:5])}'
            f'{" ..." if len(others) > 5 else ""}. Name one alone, or convert '
            'it (HEIC, raw), to have it read.',
            logger='current',
            level=WARNING)
    return [fileio.join_path(folder, name) for name in images]


def unique_names(sources: Iterable[str]) -> list[str]:
    """A name for each source, of which no two are equal.

    It is the stem of the file, with its suffix where two stems are equal
    (``a.png`` and ``a.jpg``: `a_png`, `a_jpg`), with a number where that is
    not enough. Upper and lower case count as equal: some disks think so.

    >>> unique_names(['x/a.png', 'x/a.jpg', 'y/a.jpg', 'b.jpg'])
    ['a_png', 'a_jpg', 'a_jpg_2', 'b']
    """
    paths = [Path(source) for source in sources]
    stems = [path.stem.lower() for path in paths]
    # a stem that is alone stays as it is, whatever the others are called
    alone = {stem for stem, count in Counter(stems).items() if count == 1}
    names, taken = [], set(alone)
    for path, stem in zip(paths, stems):
        name = path.stem
        if stem not in alone:
            base = name = f'{name}_{path.suffix[1:]}'.rstrip('_')
            count = 1
            while name.lower() in taken:
                count += 1
                name = f'{base}_{count}'
            taken.add(name.lower())
        names.append(name)
    return names
