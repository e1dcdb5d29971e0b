"""RTP headers of what is sent: written once per stream, patched per packet."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

ONE_BYTE = 0xBEDE  # RFC 8285
FIXED = struct.Struct("!BBHII")
EXTENDED = 0x90  # version 2, with an extension
VOICE_LEVEL = 0x80 | 30  # speech, 30 dB below the loudest (RFC 6464)

# The numbers that our descriptions offer.
LEVEL_ID, SEND_TIME_ID, TRANSPORT_CC_ID, MID_ID, RID_ID, REPAIRED_ID = 1, 2, 3, 4, 10, 11
SEND_TIME_HEAD = (SEND_TIME_ID << 4 | 2) << 24  # of an element of 3 bytes, before them (RFC 8285)


@dataclass(frozen=True, slots=True)
class Template:
    """A whole header. Its last 12 bytes hold both elements that change."""

    data: bytes
    send_time: int  # bytes from the end of the header to the value
    transport_cc: int


def template(payload_type: int, ssrc: int, elements: Sequence[tuple[int, bytes]]) -> Template:
    """With these extension elements, and abs-send-time and the transport-wide number behind."""
    body = b"".join(bytes([number << 4 | len(value) - 1]) + value for number, value in elements)
    body += bytes([SEND_TIME_ID << 4 | 2, 0, 0, 0, TRANSPORT_CC_ID << 4 | 1, 0, 0])
    padding = -len(body) % 4
    body += bytes(padding)
    head = FIXED.pack(EXTENDED, payload_type, 0, 0, ssrc)
    extension = struct.pack("!HH", ONE_BYTE, len(body) // 4)
    return Template(head + extension + body, send_time=6 + padding, transport_cc=2 + padding)


def abs_send_time(now: float) -> bytes:
    """The value for a moment in seconds: 24 bits, 18 of them behind the point."""
    return (int(now * (1 << 18)) & 0xFFFFFF).to_bytes(3, "big")
