"""Sender and receiver reports, source descriptions, goodbyes and extended reports.

RFC 3550, section 6; RFC 3611 for the round-trip time of receivers that send nothing.
"""

import struct
from dataclasses import dataclass, field
from typing import Self

from sfu.rtcp.header import (
    EXTENDED_REPORT,
    GOODBYE,
    RECEIVER_REPORT,
    SENDER_REPORT,
    SOURCE_DESCRIPTION,
    RtcpError,
    frame,
)

SENDER = struct.Struct("!IQIII")  # SSRC, NTP time, RTP time, packets, octets
BLOCK = struct.Struct("!IIIIII")
WORD = struct.Struct("!I")
EXTENSION = struct.Struct("!BxH")  # XR block: type, length in words
SUB_BLOCK = struct.Struct("!III")  # of DLRR
CNAME, MID = 1, 15  # SDES items (RFC 3550, section 6.5; RFC 9143, section 15)
RRTR, DLRR = 4, 5  # XR blocks (RFC 3611, sections 4.4, 4.5)


@dataclass(slots=True)
class ReportBlock:
    """What a receiver says of one stream."""

    ssrc: int
    fraction_lost: int  # since the last report, in 1/256
    lost: int  # since the start; may be negative with duplicates
    highest: int  # extended sequence number, 32 bits
    jitter: int  # in units of the RTP clock
    last_report: int  # LSR: middle 32 bits of the last sender report's NTP time, 0 without one
    delay: int  # DLSR: from that report to this one, in 1/65536 s

    @classmethod
    def parse(cls, data: bytes, at: int) -> Self:
        ssrc, loss, highest, jitter, last, delay = BLOCK.unpack_from(data, at)
        lost = (loss & 0xFFFFFF) - ((loss & 0x800000) << 1)
        return cls(ssrc, loss >> 24, lost, highest, jitter, last, delay)

    def __bytes__(self) -> bytes:
        lost = max(-0x800000, min(self.lost, 0x7FFFFF)) & 0xFFFFFF
        loss = self.fraction_lost << 24 | lost
        numbers = (loss, self.highest, self.jitter, self.last_report, self.delay)
        return BLOCK.pack(self.ssrc, *(number & 0xFFFFFFFF for number in numbers))


def parse_blocks(body: bytes, at: int, count: int) -> list[ReportBlock]:
    if at + count * BLOCK.size > len(body):
        raise RtcpError("fewer report blocks than announced")
    return [ReportBlock.parse(body, at + index * BLOCK.size) for index in range(count)]


@dataclass(slots=True)
class SenderReport:
    ssrc: int
    ntp: int  # 64 bits: seconds since 1900 and their fraction
    rtp: int  # the same moment in the stream's clock, 32 bits
    packets: int
    octets: int  # of payload
    blocks: list[ReportBlock] = field(default_factory=list)

    @classmethod
    def parse(cls, count: int, body: bytes) -> Self:
        if len(body) < SENDER.size:
            raise RtcpError("a sender report without its figures")
        ssrc, ntp, rtp, packets, octets = SENDER.unpack_from(body)
        return cls(ssrc, ntp, rtp, packets, octets, parse_blocks(body, SENDER.size, count))

    def __bytes__(self) -> bytes:
        figures = (self.rtp, self.packets, self.octets)
        head = SENDER.pack(self.ssrc, self.ntp, *(figure & 0xFFFFFFFF for figure in figures))
        return frame(SENDER_REPORT, len(self.blocks), head + b"".join(map(bytes, self.blocks)))


@dataclass(slots=True)
class ReceiverReport:
    ssrc: int  # of the receiver
    blocks: list[ReportBlock] = field(default_factory=list)  # 31 at most

    @classmethod
    def parse(cls, count: int, body: bytes) -> Self:
        if len(body) < WORD.size:
            raise RtcpError("a receiver report without its sender")
        return cls(WORD.unpack_from(body)[0], parse_blocks(body, WORD.size, count))

    def __bytes__(self) -> bytes:
        blocks = b"".join(map(bytes, self.blocks))
        return frame(RECEIVER_REPORT, len(self.blocks), WORD.pack(self.ssrc) + blocks)


@dataclass(slots=True)
class SourceDescription:
    """One source's items: (type, value), CNAME 1 and MID 15 among them."""

    ssrc: int
    items: list[tuple[int, bytes]]  # values of 255 bytes at most

    @property
    def cname(self) -> str:
        return self._text(CNAME)

    @property
    def mid(self) -> str:
        return self._text(MID)

    def _text(self, kind: int) -> str:
        return next((value.decode("utf-8", "replace") for k, value in self.items if k == kind), "")

    def __bytes__(self) -> bytes:
        items = b"".join(bytes([kind, len(value)]) + value for kind, value in self.items)
        chunk = WORD.pack(self.ssrc) + items
        return frame(SOURCE_DESCRIPTION, 1, chunk + bytes(4 - len(chunk) % 4))


def parse_descriptions(count: int, body: bytes) -> list[SourceDescription]:
    """The chunks of one packet. Raises RtcpError."""
    found = []
    at = 0
    for _ in range(count):
        if at + WORD.size > len(body):
            raise RtcpError("fewer source descriptions than announced")
        description = SourceDescription(WORD.unpack_from(body, at)[0], [])
        at = _parse_items(body, at + WORD.size, description.items)
        found.append(description)
    return found


def _parse_items(body: bytes, at: int, items: list[tuple[int, bytes]]) -> int:
    """Append the items of a chunk; return where the next one starts."""
    while at < len(body) and body[at]:
        if at + 2 > len(body) or at + 2 + body[at + 1] > len(body):
            raise RtcpError("an item is cut off")
        end = at + 2 + body[at + 1]
        items.append((body[at], body[at + 2 : end]))
        at = end
    return (at + 4) & ~3  # at least one zero, then to the next word


@dataclass(slots=True)
class Goodbye:
    ssrcs: list[int]

    @classmethod
    def parse(cls, count: int, body: bytes) -> Self:
        if count * WORD.size > len(body):
            raise RtcpError("fewer sources than announced")
        return cls([number for (number,) in WORD.iter_unpack(body[: count * WORD.size])])

    def __bytes__(self) -> bytes:
        return frame(GOODBYE, len(self.ssrcs), b"".join(map(WORD.pack, self.ssrcs)))


@dataclass(slots=True)
class ReferenceTime:
    """XR RRTR: a receiver's clock, to be sent back in a `ReferenceDelay` (RFC 3611, 4.4)."""

    ssrc: int
    ntp: int  # 64 bits

    def __bytes__(self) -> bytes:
        block = EXTENSION.pack(RRTR, 2) + self.ntp.to_bytes(8, "big")
        return frame(EXTENDED_REPORT, 0, WORD.pack(self.ssrc) + block)


@dataclass(slots=True)
class ReferenceDelay:
    """XR DLRR: for each receiver the middle of its clock and our delay (RFC 3611, 4.5)."""

    ssrc: int
    delays: list[tuple[int, int, int]]  # receiver's SSRC, LRR, DLRR in 1/65536 s

    def __bytes__(self) -> bytes:
        delays = b"".join(SUB_BLOCK.pack(*delay) for delay in self.delays)
        block = EXTENSION.pack(DLRR, len(delays) // 4) + delays
        return frame(EXTENDED_REPORT, 0, WORD.pack(self.ssrc) + block)


def parse_extended(body: bytes) -> list[ReferenceTime | ReferenceDelay]:
    """The two kinds of blocks that we know; others are passed over. Raises RtcpError."""
    if len(body) < WORD.size:
        raise RtcpError("an extended report without its sender")
    (ssrc,) = WORD.unpack_from(body)
    found: list[ReferenceTime | ReferenceDelay] = []
    at = WORD.size
    while at + EXTENSION.size <= len(body):
        kind, words = EXTENSION.unpack_from(body, at)
        block = body[at + 4 : at + 4 + words * 4]
        if len(block) < words * 4:
            raise RtcpError("an extended report's block is cut off")
        if kind == RRTR and words == 2:
            found.append(ReferenceTime(ssrc, int.from_bytes(block, "big")))
        elif kind == DLRR and words % 3 == 0:
            found.append(ReferenceDelay(ssrc, list(SUB_BLOCK.iter_unpack(block))))
        at += 4 + words * 4
    return found
