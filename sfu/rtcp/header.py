"""The head that all RTCP packets share, and the walk over a compound (RFC 3550, section 6.4)."""

import struct
from collections.abc import Iterator

HEAD = struct.Struct("!BBH")  # version, padding and count; type; length in words less one

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, GOODBYE = 200, 201, 202, 203
TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK = 205, 206  # RFC 4585, section 6.1
EXTENDED_REPORT = 207  # RFC 3611


class RtcpError(ValueError):
    """The bytes are not the RTCP packet that their head announces."""


def frame(kind: int, count: int, body: bytes) -> bytes:
    """A packet; `body` is a multiple of four bytes."""
    return HEAD.pack(0x80 | count, kind, len(body) // 4) + body


def split(compound: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(type, count, body without padding) of each packet, up to the first that is broken."""
    at = 0
    while at + 4 <= len(compound):
        flags, kind, words = HEAD.unpack_from(compound, at)
        end = at + 4 + words * 4
        if flags & 0xC0 != 0x80 or end > len(compound):
            return
        body = compound[at + 4 : end]
        if flags & 0x20:
            padding = body[-1] if body else 0
            if not 0 < padding <= len(body):
                return
            body = body[:-padding]
        yield kind, flags & 0x1F, body
        at = end
