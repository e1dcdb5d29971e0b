"""Where a picture ends, by the structure of its file: what follows is none of it.

JPEG: ITU-T T.81, B.1; PNG: W3C's specification, 5.3; WebP: RFC 9649, 2.
"""

import re
import struct

SOI_SIZE, MARKER = 2, 0xFF
ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a segment: TEM, RST0 to RST7
EOI, SOS = 0xD9, 0xDA
# In coded data 0xFF is followed by 0, a restart or filling, or is a marker.
NEXT = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)


class PictureError(Exception):
    """It has no end: cut off, or no picture at all."""


def end_of_jpeg(data: bytes, start: int = 0) -> int:
    """Behind its EOI. `start`: of its SOI."""
    at = start + SOI_SIZE
    while True:
        if at >= len(data) or data[at] != MARKER:
            raise PictureError
        while at < len(data) and data[at] == MARKER:  # filling
            at += 1
        if at >= len(data):
            raise PictureError
        marker, at = data[at], at + 1
        if marker == EOI:
            return at
        if marker in ALONE:
            continue
        at = _behind_segment(data, at)
        if marker == SOS:
            found = NEXT.search(data, at)
            if found is None:
                raise PictureError
            at = found.start()


def _behind_segment(data: bytes, at: int) -> int:
    if at + 2 > len(data):
        raise PictureError
    length: int = struct.unpack_from(">H", data, at)[0]
    if length < 2:
        raise PictureError
    return at + length


def end_of_png(data: bytes) -> int:
    """Behind its IEND chunk."""
    at = 8
    while at + 12 <= len(data):
        length: int = struct.unpack_from(">I", data, at)[0]
        name = data[at + 4 : at + 8]
        at += 12 + length  # with the name and a check
        if name == b"IEND":
            break
    else:
        raise PictureError
    if at > len(data):
        raise PictureError
    return at


def end_of_webp(data: bytes) -> int:
    if len(data) < 12:
        raise PictureError
    size: int = struct.unpack_from("<I", data, 4)[0]
    end = 8 + size + size % 2
    if end > len(data):
        raise PictureError
    return end
