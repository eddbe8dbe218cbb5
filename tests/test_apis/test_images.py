# Copyright (c) mtcp_mm authors. All rights reserved.
import re
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image

from mtcp_mm.apis.images import (
    ImageError,
    check_array,
    decode_photo,
    list_images,
    read_photo,
    unique_names,
)

RGB = np.random.RandomState(0).randint(0, 256, (5, 7, 3)).astype(np.uint8)


def encode(image, kind='PNG', **options):
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    content = BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


class TestDecodePhoto:
    """Oracle: the array that was stored; for JPEG and WebP, OpenCV."""

    @pytest.mark.parametrize('kind', ['PNG', 'BMP', 'TIFF', 'PPM'])
    def test_lossless(self, kind):
        np.testing.assert_array_equal(decode_photo(encode(RGB, kind)), RGB)

    @pytest.mark.parametrize('kind', ['JPEG', 'WEBP'])
    def test_as_training_sees_it(self, kind):
        content = encode(cv2.GaussianBlur(RGB.repeat(9, 0), (5, 5), 2), kind)
        expected = cv2.imdecode(
            np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        np.testing.assert_array_equal(
            decode_photo(content), expected[..., ::-1])

    def test_grey(self):
        grey = RGB[..., 0]
        np.testing.assert_array_equal(
            decode_photo(encode(grey)), np.stack([grey] * 3, -1))

    @pytest.mark.parametrize('kind', ['PNG', 'TIFF'])
    def test_16_bits(self, kind):
        grey = np.array([[0, 255, 256, 40000, 65535]], np.uint16)
        picture = decode_photo(encode(grey, kind))
        assert picture.dtype == np.uint8
        assert picture[0].tolist() == [[v] * 3 for v in (0, 0, 1, 156, 255)]

    def test_16_bit_colours(self):
        deep = RGB.astype(np.uint16) * 257
        content = cv2.imencode('.png', deep)[1].tobytes()  # BGR
        np.testing.assert_array_equal(decode_photo(content), RGB[..., ::-1])

    def test_palette(self):
        image = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8), 'P')
        image.putpalette([9, 8, 7, 60, 50, 40, 255, 0, 0])
        assert decode_photo(encode(image)).tolist() == [
            [[9, 8, 7], [60, 50, 40]], [[255, 0, 0], [60, 50, 40]]]

    def test_transparency_is_dropped_as_opencv_does(self):
        palette = Image.fromarray(np.array([[0, 1]], np.uint8), 'P')
        palette.putpalette([9, 8, 7, 60, 50, 40])
        rgba = np.array([[[10, 20, 30, 255], [10, 20, 30, 0],
                          [100, 0, 200, 51]]], np.uint8)
        for content in (encode(rgba), encode(palette, transparency=1)):
            opencv = cv2.imdecode(np.frombuffer(content, np.uint8), 1)
            np.testing.assert_array_equal(
                decode_photo(content), opencv[..., ::-1])

    def test_cmyk(self):
        """Without black, ink is what white lacks."""
        ink = Image.merge('CMYK', [Image.new('L', (8, 8), v)
                                   for v in (200, 100, 0, 0)])
        picture = decode_photo(encode(ink, 'JPEG', quality=100))
        assert np.abs(picture - np.array([55., 155, 255])).max() <= 2

    def test_exif_turns_it_upright(self):
        exif = Image.Exif()
        exif[0x112] = 6  # stored lying on its left side
        content = encode(np.rot90(RGB), exif=exif)
        np.testing.assert_array_equal(decode_photo(content), RGB)

    def test_animation(self):
        frames = [Image.new('RGB', (2, 2), c) for c in ('red', 'blue')]
        content = encode(frames[0], 'GIF', save_all=True,
                         append_images=frames[1:])
        assert decode_photo(content)[0, 0].tolist() == [255, 0, 0]

    def test_numbers_are_no_photo(self):
        with pytest.raises(ValueError, match='float32 values of 0.0 to 2.5'):
            decode_photo(encode(np.float32([[0, 2.5]]), 'TIFF'))


class TestReadPhoto:

    @pytest.mark.parametrize('name, content, message', [
        ('text.jpg', b'hello', r'text.jpg \(5 bytes\) .* not an image'),
        ('empty.png', b'', r'empty.png is an empty file'),
        ('cut.jpg', encode(RGB.repeat(90, 0).repeat(90, 1), 'JPEG')[:1500],
         r'cut.jpg \(1500 bytes\) cannot be decoded: .*truncated'),
        ('cut.png', encode(RGB)[:90], r'cut.png \(90 bytes\) cannot'),
    ])
    def test_broken(self, tmp_path, name, content, message):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ImageError, match=message):
            read_photo(str(tmp_path / name))

    def test_missing(self, tmp_path):
        with pytest.raises(ImageError, match='none.png cannot be read: No su'):
            read_photo(str(tmp_path / 'none.png'))


class TestCheckArray:

    def test_bgr_and_grey(self):
        np.testing.assert_array_equal(check_array(RGB[..., ::-1], 'x'), RGB)
        np.testing.assert_array_equal(
            check_array(RGB[..., 0], 'x'), np.stack([RGB[..., 0]] * 3, -1))

    @pytest.mark.parametrize('array', [
        RGB.astype(np.float32), RGB[..., :2], RGB[None], np.zeros((0, 3, 3),
                                                                 np.uint8)
    ])
    def test_else(self, array):
        with pytest.raises(ImageError, match=r'array 3 must be uint8 BGR'):
            check_array(array, 'array 3')


class TestListImages:

    def test_by_suffix_and_sorted(self, tmp_path, monkeypatch):
        said = []
        monkeypatch.setattr('mtcp_mm.apis.images.print_log',
                            lambda text, **_: said.append(text))
        for name in ('b.PNG', 'a.jpg', 'notes.txt', 'c.webp'):
            (tmp_path / name).touch()
        (tmp_path / 'below').mkdir()
        (tmp_path / 'below' / 'd.png').touch()
        assert list_images(str(tmp_path)) == [
            str(tmp_path / name) for name in ('a.jpg', 'b.PNG', 'c.webp')]
        assert re.search('1 of 4 files .*notes.txt', *said)

    @pytest.mark.parametrize('names, there', [((), 'it is empty'),
                                              (('a.txt', 'b'), '2 other')])
    def test_none(self, tmp_path, names, there):
        for name in names:
            (tmp_path / name).touch()
        with pytest.raises(FileNotFoundError, match=f'no images .{there}'):
            list_images(str(tmp_path))


@pytest.mark.parametrize('sources, names', [
    (['x/a.png', 'b.jpg'], ['a', 'b']),
    (['x/a.png', 'x/a.jpg'], ['a_png', 'a_jpg']),
    (['x/a.png', 'y/a.png', 'z/A.png'], ['a_png', 'a_png_2', 'A_png_3']),
    (['a.png', 'a.jpg', 'a_png.jpg'], ['a_png_2', 'a_jpg', 'a_png']),
    (['a', 'a.png', 'b/a'], ['a', 'a_png', 'a_2']),
])
def test_unique_names(sources, names):
    assert unique_names(sources) == names
