# Copyright (c) mtcp_mm authors. All rights reserved.
"""PNG files byte by byte, by the standard: no library may change a value."""
import struct
import zlib

import numpy as np


def chunk(kind, body):
    return (struct.pack('>I', len(body)) + kind + body +
            struct.pack('>I', zlib.crc32(kind + body)))


def write_png(path, array):
    """Write uint8 or uint16, (H, W) grey or (H, W, 3) red, green, blue."""
    array = np.asarray(array)
    height, width = array.shape[:2]
    bits, colour = 8 * array.dtype.itemsize, 2 if array.ndim == 3 else 0
    rows = array.astype(array.dtype.newbyteorder('>'))  # high byte first
    lines = b''.join(b'\0' + row.tobytes() for row in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b'\x89PNG\r\n\x1a\n' +
        chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, bits, colour, 0,
                                   0, 0)) +
        chunk(b'IDAT', zlib.compress(lines)) + chunk(b'IEND', b''))
