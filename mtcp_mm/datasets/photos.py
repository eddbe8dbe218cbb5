# Copyright (c) mtcp_mm authors. All rights reserved.
"""What OpenCV says nothing about when it reads a photo."""
from io import BytesIO

import mmengine.fileio as fileio
from PIL import Image

#: What a folder is searched for, in lower case.
SUFFIXES = ('.jpg', '.jpeg', '.jpe', '.png', '.webp', '.bmp', '.tif', '.tiff',
            '.ppm', '.pgm', '.gif', '.avif', '.jp2')
#: Photos that are not read.
UNREAD = ('.heic', '.heif', '.raw', '.cr2', '.nef', '.arw', '.dng', '.jxl')
EXIF_ORIENTATION = 0x112
PNG_END = b'\0\0\0\0IEND\xaeB`\x82'


class ImageError(ValueError):
    """A file that is no image, or a broken one."""


def read_content(path: str, backend_args: dict | None = None) -> bytes:
    """Content of an image file.

    Raises:
        ImageError: It cannot be read, or is empty.
    """
    try:
        content = fileio.get(path, backend_args=backend_args)
    except OSError as error:
        raise ImageError(f'{path} cannot be read: '
                         f'{error.strerror or error}') from error
    if not content:
        raise ImageError(f'{path} is an empty file (0 bytes), expected is an '
                         'image. Copy or unpack it again.')
    return content


def open_image(content: bytes) -> Image.Image:
    """Pillow's, which decodes a damaged PNG without asking for its sums.

    Raises:
        Exception: Of many types, for a file that is none or damaged.
    """
    image = Image.open(BytesIO(content))
    if image.format == 'PNG':
        image.verify()  # the sums of all chunks but the last
        if PNG_END not in content:
            raise ValueError('its last chunk is damaged')
        image = Image.open(BytesIO(content))  # of no use after verify()
    return image


def check_photo(path: str, backend_args: dict | None = None) -> int:
    """Fail on what OpenCV fills up with grey or asserts without a name.

    Complete files cost little: only what lacks its end mark is decoded.

    Args:
        path (str): The file.
        backend_args (dict, optional): See :mod:`mmengine.fileio`.

    Returns:
        int: How EXIF turns it when it is read, 1: not at all.

    Raises:
        ImageError: There is no such image, it is broken, or has more pixels
            than Pillow takes for an attack (``Image.MAX_IMAGE_PIXELS``).
    """
    content = read_content(path, backend_args)
    try:
        with open_image(content) as image:
            if image.format == 'PNG' and b'eXIf' not in content:
                return 1
            if not (image.format == 'JPEG'
                    and content.rstrip(b'\0').endswith(b'\xff\xd9')):
                image.load()
            return image.getexif().get(EXIF_ORIENTATION, 1)
    except Exception as error:  # a broken file breaks in many ways
        raise broken(path, content, error) from error


def broken(path: str, content: bytes, error: Exception | str) -> ImageError:
    """The error that names a file which cannot be decoded."""
    if content.startswith(b'version https://git-lfs'):
        error = 'it is a pointer of Git LFS: run git lfs pull'
    elif b'ftyphei' in content[:16] or b'ftypmif1' in content[:16]:
        error = 'it is HEIC, which is not read: convert it to JPEG or PNG'
    elif isinstance(error, Image.DecompressionBombError):
        error = f'it is too large ({error}): shrink it'
    elif isinstance(error, Image.UnidentifiedImageError):
        error = 'it is not an image of any known format'
    return ImageError(f'{path} ({len(content)} bytes) cannot be decoded: '
                      f'{error}')


def some(files: list[str]) -> str:
    """Number of files and the names of the first, with its verb."""
    names = ', '.join(files[:3]) + (', ...' if len(files) > 3 else '')
    return f'{len(files)} files ({names}) are'
