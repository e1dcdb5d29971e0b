"""ChannelData: a packet behind four bytes that name its peer (RFC 8656, section 12.4)."""

import struct

HEADER = struct.Struct("!HH")  # channel, bytes of payload
CHANNELS = range(0x4000, 0x5000)  # the others are reserved (RFC 8656, section 12)
# Before, there were more (RFC 5766, section 11), and clients from then choose among all of them.
OLD_CHANNELS = range(0x4000, 0x8000)
FIRST, END = OLD_CHANNELS.start >> 8, OLD_CHANNELS.stop >> 8  # of a datagram's first byte


def pack(channel: int, payload: bytes, *, padded: bool) -> bytes:
    """On a stream a message ends at a multiple of four bytes (RFC 8656, section 12.5)."""
    size = len(payload)
    return HEADER.pack(channel, size) + payload + (bytes(-size % 4) if padded else b"")


def unpack(data: bytes) -> tuple[int, bytes] | None:
    """Channel and payload; what follows the payload is padding. None: it is cut off."""
    if len(data) < HEADER.size:
        return None
    channel, size = HEADER.unpack_from(data)
    end = HEADER.size + size
    return (channel, data[HEADER.size : end]) if end <= len(data) else None
