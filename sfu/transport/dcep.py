"""Opening a data channel: DATA_CHANNEL_OPEN and its ACK (RFC 8832)."""

import struct
from dataclasses import dataclass

from sfu.errors import SfuError

HEADER = struct.Struct("!BBHLHH")
OPEN = 3
ACK = b"\x02"

UNORDERED = 0x80
RETRANSMITS = 1  # the reliability parameter is a number of retransmissions
LIFETIME = 2  # it is a time in milliseconds


class DcepError(SfuError):
    """The bytes are no DATA_CHANNEL_OPEN."""


@dataclass(slots=True)
class ChannelOpen:
    label: str
    is_ordered: bool = True
    max_retransmits: int | None = None  # None with `lifetime` None: reliable
    lifetime: float | None = None  # seconds
    protocol: str = ""
    priority: int = 0

    @classmethod
    def parse(cls, data: bytes) -> "ChannelOpen":
        if len(data) < HEADER.size or data[0] != OPEN:
            raise DcepError("no DATA_CHANNEL_OPEN")
        _, kind, priority, reliability, label_size, protocol_size = HEADER.unpack_from(data)
        middle = HEADER.size + label_size
        if len(data) != middle + protocol_size:
            raise DcepError("its lengths are not those of the message")
        try:
            label, protocol = data[HEADER.size : middle].decode(), data[middle:].decode()
        except UnicodeDecodeError:
            raise DcepError("a name that is no UTF-8") from None
        channel = cls(label, not kind & UNORDERED, protocol=protocol, priority=priority)
        if kind & 0x7F == RETRANSMITS:
            channel.max_retransmits = reliability
        elif kind & 0x7F == LIFETIME:
            channel.lifetime = reliability / 1000
        elif kind & 0x7F:
            raise DcepError(f"unknown channel type {kind:#04x}")
        return channel

    def __bytes__(self) -> bytes:
        kind = 0 if self.is_ordered else UNORDERED
        reliability = 0
        if self.max_retransmits is not None:
            kind, reliability = kind | RETRANSMITS, self.max_retransmits
        elif self.lifetime is not None:
            kind, reliability = kind | LIFETIME, round(self.lifetime * 1000)
        label, protocol = self.label.encode(), self.protocol.encode()
        header = HEADER.pack(OPEN, kind, self.priority, reliability, len(label), len(protocol))
        return header + label + protocol
