# Copyright (c) mtcp_mm authors. All rights reserved.
"""Files with random damage: the right label, or an error with their name.

Oracle: what was written. A JPEG and an array hold no sums: of them, only the
size, and that no value is impossible, can be asked once bytes were changed.

    pytest tests/test_bad_inputs/test_damage.py --hypothesis-profile=long
"""
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from mtcp_mm.apis.images import read_photo
from .folder import CLASSES, PHOTO, SIZE, encode, npy, read

DEPTH = np.linspace(1, 4, CLASSES.size, dtype=np.float32).reshape(SIZE)
NORMALS = np.zeros((*SIZE, 3), np.float32)
NORMALS[..., 2] = -1
FILES = {
    'classes.png': ('SemSegTask', encode(CLASSES), CLASSES),
    'palette.png': ('SemSegTask', encode(
        Image.fromarray(CLASSES).convert('P'), bits=2), CLASSES),
    'depth.png': ('DepthTask', encode((DEPTH * 1e3).astype(np.uint16)),
                  (DEPTH * 1e3).astype(np.uint16)),
    'classes.npy': ('SemSegTask', npy(CLASSES), CLASSES),
    'depth.npy': ('DepthTask', npy(DEPTH), DEPTH),
    'normals.npy': ('NormalsTask', npy(NORMALS), NORMALS),
}
PHOTOS = {'PNG': encode(PHOTO), 'JPEG': encode(PHOTO, 'JPEG'),
          'BMP': encode(PHOTO, 'BMP'), 'TIFF': encode(PHOTO, 'TIFF'),
          'WEBP': encode(PHOTO, 'WEBP', lossless=True)}
#: Formats that hold sums of all that they hold.
SUMMED = ('PNG', )


@st.composite
def damage(draw, content):
    """Bytes with one fault, and whether they were only cut or lengthened."""
    kind = draw(st.sampled_from(
        ['cut', 'append', 'zero', 'flip', 'change', 'insert', 'remove']))
    start = draw(st.integers(0, len(content) - 1))
    length = draw(st.integers(1, 64))
    before, middle, after = (content[:start], content[start:start + length],
                             content[start + length:])
    some = draw(st.binary(min_size=1, max_size=16))
    return {
        'cut': before,
        'append': content + some,
        'zero': before + bytes(len(middle)) + after,
        'flip': before + bytes([middle[0] ^ 1 << length % 8]) + middle[1:] +
        after,
        'change': before + some + (middle + after)[len(some):],
        'insert': before + some + middle + after,
        'remove': before + after,
    }[kind], kind in ('cut', 'append')


def read_or_refuse(name, **files):
    """Label and data set of a folder of its own; None for a refused file."""
    with tempfile.TemporaryDirectory() as root:
        try:
            label, _, dataset = read(Path(root), **files)
            return label, dataset[0]['inputs']
        except ValueError as error:
            assert name in str(error)


@pytest.mark.parametrize('file', FILES)
@given(data=st.data())
def test_labels(file, data):
    task, content, expected = FILES[file]
    suffix = file[-4:]
    broken, is_whole = data.draw(damage(content))
    found = read_or_refuse(
        f'a{suffix}', task=task, label=broken, suffix=suffix)
    if found is None:
        assert broken != content
        return
    label = found[0].squeeze(0) if expected.ndim == 2 else (
        found[0].transpose(1, 2, 0))
    assert label.shape == expected.shape and np.isfinite(label).all()
    if is_whole or suffix == '.png':
        np.testing.assert_array_equal(label, expected)
    elif task == 'SemSegTask':
        assert set(np.unique(label)) <= {0, 1, 2, 255}
    elif task == 'DepthTask':
        assert label.min() >= 0
    else:
        length = np.linalg.norm(label, axis=-1)
        assert (np.isclose(length, 1, atol=1e-5) | (length == 0)).all()


@pytest.mark.parametrize('kind', PHOTOS)
@given(data=st.data())
def test_photos(kind, data):
    content = PHOTOS[kind]
    broken, is_whole = data.draw(damage(content))
    found = read_or_refuse('a.jpg', photo=broken)
    assert found is not None or broken != content
    if found is not None:
        got = found[1].permute(1, 2, 0).numpy()[..., ::-1]
        assert got.shape == PHOTO.shape
        if kind in SUMMED or is_whole:
            whole = read_or_refuse('a.jpg', photo=content)[1]
            np.testing.assert_array_equal(found[1], whole)


@given(damage(PHOTOS['PNG']))
def test_photos_at_inference(found):
    with tempfile.NamedTemporaryFile(suffix='.png') as file:
        Path(file.name).write_bytes(found[0])
        try:
            photo = read_photo(file.name)
        except ValueError as error:
            assert file.name in str(error)
        else:
            np.testing.assert_array_equal(photo, PHOTO)


@given(st.sampled_from(['L', '1', 'P', 'LA', 'PA', 'I;16', 'I', 'F', 'RGB',
                        'RGBA', 'CMYK']),
       st.sampled_from(['PNG', 'TIFF', 'BMP', 'WEBP', 'PPM', 'JPEG']),
       st.sampled_from(['.png', '.tif', '.jpg', '.npy', '.dat']))
def test_kinds_of_images(mode, kind, suffix):
    """Two classes, by any mode, format and suffix."""
    classes = CLASSES > 1
    image = Image.fromarray(
        classes if mode == '1' else classes.astype(
            {'I;16': np.uint16, 'I': np.int32, 'F': np.float32}.get(
                mode, np.uint8)))
    if mode in ('P', 'PA'):
        image = Image.fromarray(classes.astype(np.uint8), 'P')
        image.putpalette([200, 10, 10, 20, 30, 250])
    if mode in ('LA', 'PA', 'RGB', 'RGBA', 'CMYK'):
        image = image.convert(mode)
    try:
        content = encode(image, kind)
    except OSError:
        return  # the format has no such mode
    found = read_or_refuse(f'a{suffix}', label=content, suffix=suffix)
    if found is not None:
        np.testing.assert_array_equal(found[0][0], classes)
    assert found is not None or (
        mode in ('RGB', 'RGBA', 'CMYK') or kind in ('JPEG', 'WEBP', 'PPM')
        or suffix == '.npy')


def oracle(task, values):
    """Labels by what their formats mean, pixel by pixel, in float64."""
    if task == 'NormalsTask' and values.dtype == np.uint8:
        values = values / 127.5 - 1
    values = values.astype(np.float64)
    if task == 'SemSegTask':
        return np.where(np.isnan(values), 255, values)
    if task == 'DepthTask':
        with np.errstate(over='ignore'):
            depth = values.astype(np.float32)
        return np.where(np.isfinite(depth) & (depth >= 0), depth, 0)
    with np.errstate(over='ignore'):  # the square of a float32 ends at 1e38
        length = np.linalg.norm(values, axis=-1, keepdims=True)
    good = (length >= .1) & (length < 1.8e19)
    return np.divide(values, length, where=good, out=np.zeros_like(values))


NUMBERS = st.one_of(
    arrays.integer_dtypes(), arrays.unsigned_integer_dtypes(),
    arrays.floating_dtypes(), arrays.boolean_dtypes(),
    arrays.complex_number_dtypes(), arrays.unicode_string_dtypes(),
    arrays.datetime64_dtypes())


@pytest.mark.parametrize('task', ['SemSegTask', 'DepthTask', 'NormalsTask'])
@given(data=st.data())
def test_arrays(task, data):
    """Any type, shape and value; a label only where all of them fit."""
    size = (*SIZE, 3) if task == 'NormalsTask' else SIZE
    shape = data.draw(st.sampled_from(
        [size, size, size, SIZE, (*SIZE, 1), SIZE[::-1], (24, ), (0, 32)]))
    kind = data.draw(NUMBERS)
    small = data.draw(st.booleans()) and kind.kind in 'uif'
    values = data.draw(arrays.arrays(
        kind, shape, fill=st.just(kind.type(0)) if small else None,
        elements=st.sampled_from([kind.type(i) for i in range(3)])
        if small else None))
    found = read_or_refuse(
        'a.npy', task=task, label=npy(values), suffix='.npy')
    if found is not None:
        assert values.squeeze().shape == size
        label = found[0].transpose(1, 2, 0).squeeze()
        np.testing.assert_allclose(
            label, oracle(task, values.squeeze()), rtol=1e-5, atol=1e-6)
    elif task == 'NormalsTask' and kind.kind == 'u':
        assert kind.itemsize > 1 or shape != size
    else:
        assert not small or shape != size
