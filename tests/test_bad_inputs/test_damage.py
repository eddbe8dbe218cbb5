# Copyright (c) mtcp_mm authors. All rights reserved.
"""Files with random damage: the right label, or an error with their name.

Oracle: the label that was written. A JPEG or an array whose values were
changed carries no sum, so only what is cut off can be told there.
"""
import numpy as np
import pytest

from .folder import CLASSES, PHOTO, encode, npy, read


def damage(content, rng, can_change):
    """Cut, and where ``can_change``, zero, change or insert bytes."""
    start, length = rng.randint(len(content)), rng.randint(1, 9)
    kind = rng.randint(4) if can_change else 0
    if kind == 0:
        return content[:start]
    middle = (bytes(length), rng.bytes(length), rng.bytes(length))[kind - 1]
    return content[:start] + middle + content[start +
                                              (kind < 3) * length:]


@pytest.mark.parametrize('kind', ['.png', '.npy', 'photo.png', 'photo.jpg'])
def test_damage(tmp_path, kind):
    rng = np.random.RandomState(0)
    content = dict(zip(('.png', '.npy', 'photo.png', 'photo.jpg'), (
        encode(CLASSES), npy(CLASSES), encode(PHOTO), encode(PHOTO, 'JPEG'))))
    stopped = 0
    for _ in range(60):
        broken = damage(content[kind], rng, kind.endswith('png'))
        files = (dict(photo=broken) if kind.startswith('photo') else
                 dict(label=broken, suffix=kind))
        try:
            label, _, dataset = read(tmp_path, **files)
        except ValueError as error:
            name = 'a.jpg' if kind.startswith('photo') else f'a{kind}'
            assert name in str(error)
            stopped += 1
        else:
            np.testing.assert_array_equal(label[0], CLASSES)
            if kind == 'photo.png':
                got = dataset[0]['inputs'].permute(1, 2, 0).numpy()[..., ::-1]
                np.testing.assert_array_equal(got, PHOTO)
    assert stopped > 40
