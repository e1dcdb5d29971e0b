"""RTP packets in place: where the parts of a packet lie (RFC 3550, section 5.1; RFC 8285).

Nothing is copied. `Header` is filled again for each packet, since an object per packet costs more
than the parsing.
"""

import struct
from collections.abc import Iterable

FIXED = struct.Struct("!BBHII")  # flags, marker and payload type, sequence, timestamp, SSRC
FIXED_SIZE = 12
ONE_BYTE = 0xBEDE  # RFC 8285, section 4.2
TWO_BYTE = 0x1000  # RFC 8285, section 4.3; the low four bits are free

EXTENSION_HEAD = struct.Struct("!HH")  # of an extension block


class Header:
    """The last packet that `read` accepted. Offsets count from the start of the packet."""

    __slots__ = (
        "capture",
        "descriptor",
        "end",
        "extension",
        "extension_end",
        "marker",
        "payload",
        "payload_type",
        "profile",
        "sequence",
        "ssrc",
        "timestamp",
    )

    def __init__(self) -> None:
        self.marker = False
        self.payload_type = 0
        self.sequence = 0
        self.timestamp = 0
        self.ssrc = 0
        self.profile = 0  # ONE_BYTE, TWO_BYTE, another profile's number, or 0 without extensions
        self.extension = 0  # where the extension elements start
        self.extension_end = 0  # behind their last byte
        self.descriptor = b""  # the dependency descriptor, which whoever finds extensions puts here
        self.capture = b""  # the capture time, likewise
        self.payload = 0  # where the payload starts
        self.end = 0  # behind its last byte: padding is left out; `end == payload` is a probe

    def read(self, data: bytes | bytearray | memoryview, length: int) -> bool:
        """Take the packet in the first `length` bytes of `data`. False: it is not RTP.

        After False the fields mean nothing.
        """
        if length < FIXED_SIZE:
            return False
        flags, kind, self.sequence, self.timestamp, self.ssrc = FIXED.unpack_from(data)
        if flags & 0xC0 != 0x80:
            return False
        self.marker = kind > 0x7F
        self.payload_type = kind & 0x7F
        start: int = FIXED_SIZE + (flags & 0x0F) * 4
        if flags & 0x10:
            start = self._read_extension(data, start, length)
        else:
            self.profile = 0
            self.extension = self.extension_end = start
        end = length
        if flags & 0x20 and start < length:
            padding = data[length - 1]
            if not padding:
                return False
            end -= padding
        self.payload = start
        self.end = end
        return start <= end

    def _read_extension(self, data: bytes | bytearray | memoryview, at: int, length: int) -> int:
        """Return where the payload starts, or a place behind the packet."""
        if at + 4 > length:
            return length + 1
        profile: int
        words: int
        profile, words = EXTENSION_HEAD.unpack_from(data, at)
        self.profile = TWO_BYTE if profile & 0xFFF0 == TWO_BYTE else profile
        self.extension = at + 4
        self.extension_end = end = at + 4 + words * 4
        return end


def unwrap(highest: int, sequence: int) -> int:
    """Extend a 16-bit number to the value nearest to `highest`, itself extended."""
    return highest + ((sequence - highest + 0x8000 & 0xFFFF) - 0x8000)


def unwrap_timestamp(last: int, timestamp: int) -> int:
    """Extend a 32-bit timestamp to the value nearest to `last`, itself extended."""
    return last + ((timestamp - last + 0x8000_0000 & 0xFFFF_FFFF) - 0x8000_0000)


def build(
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    payload: bytes = b"",
    *,
    marker: bool = False,
    extension: bytes = b"",
    csrcs: Iterable[int] = (),
    padding: int = 0,
) -> bytes:
    """A whole packet, for what is seldom sent and for tests.

    `extension` is a block with its head, as `extensions.build` makes it; `padding` counts bytes,
    1 to 255.
    """
    sources = b"".join(ssrc.to_bytes(4, "big") for ssrc in csrcs)
    flags = 0x80 | (0x20 if padding else 0) | (0x10 if extension else 0) | len(sources) // 4
    kind = (0x80 if marker else 0) | payload_type
    head = FIXED.pack(flags, kind, sequence & 0xFFFF, timestamp & 0xFFFF_FFFF, ssrc)
    tail = bytes(padding - 1) + bytes([padding]) if padding else b""
    return head + sources + extension + payload + tail
