# Copyright (c) mtcp_mm authors. All rights reserved.
"""Label files that are wrong or doubtful, each with what must be said.

Oracle: the arrays that are written, and what their format means.
"""
from types import SimpleNamespace

import numpy as np
import pytest
from mmengine.logging import MMLogger
from PIL import Image

from mtcp_mm.datasets.transforms import loading
from .folder import CLASSES, SIZE, Ear, encode, npy, read, wrong_sum

MASK = CLASSES > 0
UNIT = np.zeros((*SIZE, 3), np.float32)
UNIT[..., 0], UNIT[..., 2] = .6, -.8
UNIT[12:] = 0, -1, 0
METRES = np.linspace(1, 4, MASK.size, dtype=np.float32).reshape(SIZE)
NOISE = np.random.RandomState(0).bytes(400)


def structured():
    return np.zeros(SIZE, [('a', int), ('b', float)])


#: task, label file, its suffix, words of the error, further arguments
STOPS = {
    'class too large': ('SemSegTask', npy(CLASSES + 1), '.npy',
                        ['a.npy', 'label 3', '3 classes', 'num_classes']),
    'class negative': ('SemSegTask', npy(CLASSES.astype(int) - 1), '.npy',
                       ['a.npy', 'label -1', '0..2']),
    'class 2.5': ('SemSegTask', npy(CLASSES * 1.25), '.npy',
                  ['a.npy', '1.25', 'whole numbers', 'nearest']),
    'class infinite': ('SemSegTask', npy(np.full(SIZE, np.inf)), '.npy',
                       ['a.npy', 'inf', 'whole numbers']),
    'class 1e30': ('SemSegTask', npy(np.full(SIZE, 1e30)), '.npy',
                   ['a.npy', '1e+30']),
    'classes as RGB': ('SemSegTask', encode(np.dstack([CLASSES] * 3)),
                       '.png', ['a.png', 'RGB', 'palette', 'index']),
    'classes as RGBA': ('SemSegTask', encode(np.dstack([CLASSES] * 4)),
                        '.png', ['a.png', 'RGB', 'index']),
    'classes as JPEG': ('SemSegTask', encode(CLASSES, 'JPEG'), '.jpg',
                        ['a.jpg', 'JPEG', 'changes class numbers', 'PNG']),
    'JPEG named PNG': ('SemSegTask', encode(CLASSES, 'JPEG'), '.png',
                       ['a.png', 'JPEG', 'changes class numbers']),
    'parts as JPEG': ('HumanPartsTask', encode(CLASSES, 'JPEG'), '.jpg',
                      ['a.jpg', 'JPEG', 'changes class numbers']),
    'classes 1-d': ('SemSegTask', npy(CLASSES[0]), '.npy',
                    ['a.npy', 'label map (H, W)', '(32,)']),
    'classes of size 0': ('SemSegTask', npy(CLASSES[:0]), '.npy',
                          ['a.npy', '(0, 32)']),
    'scores per class': ('SemSegTask', npy(np.zeros((*SIZE, 5))), '.npy',
                         ['a.npy', '(24, 32, 5)']),
    'another size': ('SemSegTask', encode(CLASSES[:-1]), '.png',
                     ['a.png', '(23, 32)', '(24, 32)', 'a.jpg']),
    'turned': ('SemSegTask', encode(CLASSES.T.copy()), '.png',
               ['a.png', '(32, 24)', 'EXIF']),
    'depth of colours': ('DepthTask', encode(np.dstack([CLASSES] * 3)),
                         '.png', ['a.png', 'depth map (H, W)', ', 3)']),
    'normals (3, H, W)': ('NormalsTask', npy(UNIT.transpose(2, 0, 1)),
                          '.npy', ['a.npy', '(H, W, 3)', '(3, 24, 32)']),
    'normals of 2 channels': ('NormalsTask', npy(UNIT[..., :2]), '.npy',
                              ['a.npy', '(24, 32, 2)']),
    'normals 0..255 as floats': ('NormalsTask', npy((UNIT + 1) * 127.5),
                                 '.npy', ['a.npy', '-1..1', 'uint8']),
    'normals of 16 bits': ('NormalsTask',
                           npy(((UNIT + 1) * 32767).astype(np.uint16)),
                           '.npy', ['a.npy', 'uint16', '-1..1']),
    'saliency of 16 bits': ('SaliencyTask', encode(
        MASK.astype(np.uint16) * 65535), '.png',
                            ['a.png', '65535', '0..255', 'high']),
    'saliency negative': ('SaliencyTask', npy(METRES - 2.5), '.npy',
                          ['a.npy', '-1.5', '0..255']),
    'edges of 0, 1, 255': ('EdgeTask', npy(
        np.where(CLASSES == 2, 255, CLASSES)), '.npy',
                           ['a.npy', '0, 1 and 255', 'high=1', 'high=255']),
    'edges as RGB': ('EdgeTask', encode(np.dstack([CLASSES] * 3)), '.png',
                     ['a.png', '(24, 32, 3)']),
    'text': ('SemSegTask', b'hello', '.png', ['a.png', '5 bytes', 'image']),
    'LFS': ('SemSegTask', b'version https://git-lfs.github.com/spec/v1',
            '.png', ['a.png', '42 bytes', 'cannot be read']),
    'empty image': ('SemSegTask', b'', '.png', ['a.png', '0 bytes']),
    'empty array': ('DepthTask', b'', '.npy', ['a.npy', '0 bytes']),
    'cut image': ('SemSegTask', encode(
        np.frombuffer(NOISE[:384] * 2, np.uint8).reshape(SIZE))[:300],
                  '.png', ['a.png', '300 bytes']),
    'cut array': ('DepthTask', npy(METRES)[:300], '.npy',
                  ['a.npy', '300 bytes']),
    'PNG with a wrong sum': ('DepthTask', wrong_sum(encode(CLASSES)), '.png',
                             ['a.png', 'checksum', 'IDAT']),
    'array with a tail': ('DepthTask', npy(METRES) + b'abc', '.npy',
                          ['a.npy', '3 bytes follow', 'float32']),
    'array of a wrong head': ('DepthTask', npy(METRES).replace(
        b'<f4', b'<f2'), '.npy', ['a.npy', '1536 bytes follow', 'float16']),
    'image named array': ('DepthTask', encode(CLASSES), '.npy',
                          ['a.npy', 'an array']),
    'array named image': ('DepthTask', npy(METRES), '.png',
                          ['a.png', 'an image']),
    'objects': ('DepthTask', npy(np.full(SIZE, None)), '.npy',
                ['a.npy', 'allow_pickle']),
}
for number, task in (('complex', 'Depth'), ('complex', 'Normals'),
                     ('complex', 'SemSeg'), ('complex', 'Edge'),
                     ('str', 'SemSeg'), ('str', 'Saliency'),
                     ('bool', 'Depth'), ('bool', 'Normals')):
    array = (UNIT if task == 'Normals' else MASK).astype(number)
    STOPS[f'{task} of {number}'] = (f'{task}Task', npy(array), '.npy',
                                    ['a.npy', '`t`', str(array.dtype)])
STOPS['records'] = 'DepthTask', npy(structured()), '.npy', ['a.npy', 'values']
STOPS['dates'] = ('DepthTask', npy(CLASSES.astype('datetime64[s]')), '.npy',
                  ['a.npy', 'datetime64'])


@pytest.mark.parametrize('case', STOPS)
def test_stops(tmp_path, case):
    task, content, suffix, words = STOPS[case]
    with pytest.raises(ValueError) as error:
        read(tmp_path, task, content, suffix)
    missing = [w for w in words if w not in str(error.value)]
    assert not missing, str(error.value)


#: task, label file, its suffix, options of the label, words of the warning
DOUBTS = {
    'millimetres': ('DepthTask', encode((METRES * 1e3).astype(np.uint16)),
                    '.png', {}, ['millimetres', 'scale']),
    'millimetres as floats': ('DepthTask', npy(METRES * 1e3), '.npy', {},
                              ['millimetres', 'scale']),
    'centimetres': ('DepthTask', npy(METRES * 100), '.npy', {},
                    ['above 2']),
    'depth of 8 bits': ('DepthTask', encode((METRES * 60).astype(np.uint8)),
                        '.png', dict(scale=.001), ['8 bits', 'picture']),
    'depth of 0..1': ('DepthTask', npy(METRES / 4), '.npy', {},
                      ['exactly 1', 'maximum']),
    'depth negated': ('DepthTask', npy(-METRES), '.npy', {},
                      ['above 0', 'negated? Expected']),
    'depth of NaN': ('DepthTask', npy(METRES * np.nan), '.npy', {},
                     ['all its pixels are NaN or infinite. Expected']),
    'depth of inf': ('DepthTask', npy(METRES * np.inf), '.npy', {},
                     ['all its pixels are NaN or infinite. Expected']),
    'normals of length 2': ('NormalsTask', npy(UNIT * 2), '.npy', {},
                            ['length of 2']),
    'normals in 0..1': ('NormalsTask', npy((UNIT + 1) / 2), '.npy', {},
                        ['0..1']),
    'classes of 0/255': ('SemSegTask', encode(MASK * np.uint8(255)), '.png',
                         {}, ['0 and 255', 'void', '0 and 1']),
    'parts of 0/255': ('HumanPartsTask', encode(MASK * np.uint8(255)),
                       '.png', {}, ['0 and 255', 'void']),
    'saliency of 0..2': ('SaliencyTask', encode(CLASSES), '.png', {},
                         ['largest value is 2', 'high']),
    'edges of 0..15': ('EdgeTask', encode(MASK * np.uint8(15)), '.png', {},
                       ['largest value is 15', 'high']),
}


@pytest.mark.parametrize('case', DOUBTS)
def test_doubts(tmp_path, case):
    task, content, suffix, options, words = DOUBTS[case]
    _, said, dataset = read(
        tmp_path, task, content, suffix, labels=options)
    missing = [w for w in ['a' + suffix, '`t`', *words] if w not in said]
    assert not missing, said
    assert said.count('doubtful') == 1


VOIDS = {
    'normals of NaN': ('NormalsTask', npy(UNIT * np.nan), {}),
    'normals of zero': ('NormalsTask', npy(UNIT * 0), {}),
    'depth of zero': ('DepthTask', npy(METRES * 0), {}),
    'classes of 0': ('SemSegTask', npy(CLASSES * 0),
                     dict(reduce_zero_label=True)),
    'classes of NaN': ('SemSegTask', npy(CLASSES * np.nan), {}),
    'parts of NaN': ('HumanPartsTask', npy(CLASSES * np.nan), {}),
    'edges of NaN': ('EdgeTask', npy(CLASSES * np.nan), {}),
    'saliency void': ('SaliencyTask', npy(np.full_like(CLASSES, 255)),
                      dict(high=1)),
}


@pytest.mark.parametrize('case', VOIDS)
def test_nothing_counts(tmp_path, monkeypatch, case):
    """Eight labels, or those a worker gets of its images, not one alone."""
    task, content, options = VOIDS[case]

    def said(times):
        return read(tmp_path, task, content, '.npy', labels=options,
                    times=times)[1]

    text = 'no pixel of it counts, nor of the {} before it; it holds '
    assert not said(7) and text.format(7) in said(8)
    assert said(17).count('doubtful') == 1
    worker = SimpleNamespace(id=0, num_workers=2, dataset=range(6))
    monkeypatch.setattr(loading, 'get_worker_info', lambda: worker)
    assert not said(2) and text.format(2) in said(3)


def test_one_pixel_counts(tmp_path):
    one = CLASSES * 0
    one[3, 4] = 1
    files = {'images/b.jpg': encode(np.dstack([CLASSES] * 3), 'JPEG'),
             't/b.png': encode(one)}
    options = dict(reduce_zero_label=True)
    dataset = read(tmp_path, label=encode(CLASSES * 0), labels=options,
                   files=files)[2]
    logger, ear = MMLogger.get_current_instance(), Ear()
    logger.addHandler(ear)
    for i in [1, *[0] * 9]:
        dataset[i]
    logger.removeHandler(ear)
    assert not ear.heard


def test_says_a_doubt_once(tmp_path):
    files = {f'{folder}/{name}': content for name, folder, content in (
        ('b.jpg', 'images', encode(CLASSES, 'JPEG')),
        ('b.npy', 't', npy(METRES * 1e3)))}
    _, said, dataset = read(
        tmp_path, 'DepthTask', npy(METRES * 1e3), '.npy', files=files)
    assert said.count('doubtful') == 1
    transform = dataset.pipeline.transforms[1]
    assert transform.seen == dict(t=transform.doubted)


def palette(mode):
    image = Image.fromarray(CLASSES, 'P')
    image.putpalette([200, 200, 200, 200, 60, 40, 40, 90, 200])
    return image.convert(mode)


NAN = np.where(CLASSES == 2, np.nan, MASK)
VOID = np.where(CLASSES == 2, 255, MASK)
#: task, label file, its suffix, options of the label, label
READS = {
    'palette': ('SemSegTask', encode(palette('P')), '.png', {}, CLASSES),
    'palette with alpha': ('SemSegTask', encode(palette('PA'), 'TIFF'),
                           '.tif', {}, CLASSES),
    'palette with tRNS': ('SemSegTask', encode(palette('P'), transparency=0),
                          '.png', {}, CLASSES),
    'grey with alpha': ('SemSegTask', encode(
        Image.fromarray(CLASSES).convert('LA')), '.png', {}, CLASSES),
    'int64': ('SemSegTask', npy(CLASSES.astype(int)), '.npy', {}, CLASSES),
    'whole floats': ('SemSegTask', npy(CLASSES * 1.), '.npy', {}, CLASSES),
    'NaN is void': ('SemSegTask', npy(NAN), '.npy', {}, VOID),
    'edge NaN is void': ('EdgeTask', npy(NAN), '.npy', {}, VOID),
    'saliency NaN is void': ('SaliencyTask', npy(NAN), '.npy', {}, VOID),
    'high=1: 255 is void': ('EdgeTask', npy(VOID), '.npy', dict(high=1),
                            VOID),
    'high=255: 1 is no': ('SaliencyTask', npy(VOID), '.npy', dict(high=255),
                          CLASSES == 2),
    'floats of 0..255': ('EdgeTask', npy(MASK * 255.), '.npy', {}, MASK),
    'high=4': ('SaliencyTask', npy(CLASSES * 2), '.npy', dict(high=4),
               CLASSES == 2),
}
for kind in ('SaliencyTask', 'EdgeTask'):
    for number in ('bool', 'uint8', 'int64', 'float32'):
        READS[f'{kind} of {number}'] = (kind, npy(MASK.astype(number)),
                                        '.npy', {}, MASK)
    READS[f'{kind} of 1 bit'] = kind, encode(MASK), '.png', {}, MASK
    READS[f'{kind} of 0/1'] = (kind, encode(MASK.astype(np.uint8)), '.png',
                               {}, MASK)
    READS[f'{kind} empty'] = (kind, encode(CLASSES * 0), '.png', {},
                              CLASSES * 0)


@pytest.mark.parametrize('case', READS)
def test_reads(tmp_path, case):
    task, content, suffix, options, expected = READS[case]
    label, said, _ = read(tmp_path, task, content, suffix, labels=options)
    np.testing.assert_array_equal(label[0], expected)
    assert not said


@pytest.mark.parametrize('number', [0, -1, 256, 280, 2.5, '3', True, None])
def test_num_classes(tmp_path, number):
    with pytest.raises(ValueError, match=rf'num_classes={number!r}.*1\.\.255'):
        read(tmp_path, options=dict(num_classes=number))
