"""Datagrams on a TCP connection: a 16-bit length before each (RFC 4571, used by RFC 6544)."""

import struct

from sfu.errors import SfuError

HEADER = struct.Struct("!H")
LARGEST = 1500  # bytes; nothing that a WebRTC client sends is longer, so a longer one is an attack


class FramingError(SfuError):
    """The stream holds no datagrams that we would take: the connection should be closed."""


def frame(data: bytes) -> bytes:
    """A datagram (at most 65,535 bytes) as it goes onto the connection."""
    return HEADER.pack(len(data)) + data


class Deframer:
    """Cuts a stream into datagrams. Holds at most one unfinished datagram."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def receive(self, data: bytes) -> list[bytes]:
        """The datagrams that are complete now; FramingError when one is longer than LARGEST.

        An empty datagram is handed on like any other: it is not for the framing to judge.
        """
        buffer = self._buffer
        buffer += data
        datagrams = []
        position = 0
        while len(buffer) - position >= HEADER.size:
            (length,) = HEADER.unpack_from(buffer, position)
            if length > LARGEST:
                raise FramingError(f"a datagram of {length} bytes")
            end = position + HEADER.size + length
            if len(buffer) < end:
                break
            datagrams.append(bytes(buffer[position + HEADER.size : end]))
            position = end
        del buffer[:position]
        return datagrams
