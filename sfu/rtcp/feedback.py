"""What receivers ask of senders: retransmissions, key frames, rates (RFC 4585, RFC 5104)."""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

from sfu.rtcp.header import PAYLOAD_FEEDBACK, TRANSPORT_FEEDBACK, RtcpError, frame
from sfu.rtcp.remb import Remb

SOURCES = struct.Struct("!II")  # SSRC of the sender of this packet, SSRC of the media
PAIR = struct.Struct("!HH")  # NACK: first number, bits for the 16 behind it
REQUEST = struct.Struct("!IBxxx")  # FIR: SSRC, number of the request

NACK, TWCC = 1, 15  # formats of TRANSPORT_FEEDBACK
PLI, FIR, APPLICATION = 1, 4, 15  # formats of PAYLOAD_FEEDBACK


@dataclass(slots=True)
class Nack:
    """Generic NACK (RFC 4585, section 6.2.1)."""

    ssrc: int
    media: int
    sequences: list[int]  # 16 bits, in the order of the packet

    @classmethod
    def parse(cls, ssrc: int, media: int, body: bytes) -> Self:
        sequences = []
        for first, bits in PAIR.iter_unpack(body[: len(body) & ~3]):
            sequences.append(first)
            sequences.extend(first + 1 + bit & 0xFFFF for bit in range(16) if bits >> bit & 1)
        return cls(ssrc, media, sequences)

    def __bytes__(self) -> bytes:
        head = SOURCES.pack(self.ssrc, self.media)
        pairs = (PAIR.pack(*pair) for pair in nack_pairs(self.sequences))
        return frame(TRANSPORT_FEEDBACK, NACK, head + b"".join(pairs))


def nack_pairs(sequences: Iterable[int]) -> list[tuple[int, int]]:
    """Numbers in ascending order (also over the wrap) as (first, bits of the following 16)."""
    pairs: list[tuple[int, int]] = []
    for sequence in sequences:
        if pairs:
            first, bits = pairs[-1]
            bit = (sequence - first - 1) & 0xFFFF
            if bit < 16:
                pairs[-1] = (first, bits | 1 << bit)
                continue
        pairs.append((sequence & 0xFFFF, 0))
    return pairs


@dataclass(slots=True)
class Pli:
    """Picture loss indication: a key frame, please (RFC 4585, section 6.3.1)."""

    ssrc: int
    media: int

    def __bytes__(self) -> bytes:
        return frame(PAYLOAD_FEEDBACK, PLI, SOURCES.pack(self.ssrc, self.media))


@dataclass(slots=True)
class Fir:
    """Full intra request (RFC 5104, section 4.3.1)."""

    ssrc: int
    requests: list[tuple[int, int]]  # media SSRC, number of the request

    @classmethod
    def parse(cls, ssrc: int, media: int, body: bytes) -> Self:
        return cls(ssrc, list(REQUEST.iter_unpack(body[: len(body) & ~7])))

    def __bytes__(self) -> bytes:
        requests = b"".join(REQUEST.pack(*request) for request in self.requests)
        return frame(PAYLOAD_FEEDBACK, FIR, SOURCES.pack(self.ssrc, 0) + requests)


@dataclass(slots=True)
class Twcc:
    """Transport-wide feedback, its body for `sfu.feedback.twcc.parse`."""

    ssrc: int
    media: int
    body: bytes

    def __bytes__(self) -> bytes:
        return frame(TRANSPORT_FEEDBACK, TWCC, SOURCES.pack(self.ssrc, self.media) + self.body)


Feedback = Nack | Pli | Fir | Twcc | Remb


READERS: dict[tuple[int, int], Callable[[int, int, bytes], Feedback]] = {
    (TRANSPORT_FEEDBACK, NACK): Nack.parse,
    (TRANSPORT_FEEDBACK, TWCC): Twcc,
    (PAYLOAD_FEEDBACK, PLI): lambda ssrc, media, body: Pli(ssrc, media),
    (PAYLOAD_FEEDBACK, FIR): Fir.parse,
    (PAYLOAD_FEEDBACK, APPLICATION): lambda ssrc, media, body: Remb.parse(ssrc, body),
}


def parse_feedback(kind: int, count: int, body: bytes) -> Feedback | None:
    """None for a format that we do not know. Raises RtcpError."""
    if len(body) < SOURCES.size:
        raise RtcpError("feedback without its sources")
    ssrc, media = SOURCES.unpack_from(body)
    rest = body[SOURCES.size :]
    reader = READERS.get((kind, count))
    return reader(ssrc, media, rest) if reader else None
