"""Receiver estimated maximum bitrate, draft-alvestrand-rmcat-remb-03, section 2."""

import struct
from dataclasses import dataclass
from typing import Self

from sfu.rtcp.header import PAYLOAD_FEEDBACK, RtcpError, frame

APPLICATION = 15  # format of PAYLOAD_FEEDBACK
NAME = b"REMB"
BODY = struct.Struct("!4sI")  # name; number of SSRCs, exponent, mantissa
SOURCES = struct.Struct("!II")
WORD = struct.Struct("!I")


@dataclass(slots=True)
class Remb:
    ssrc: int
    bitrate: int  # bits per second; written with 18 significant bits
    ssrcs: list[int]  # what it is about, 255 at most

    @classmethod
    def parse(cls, ssrc: int, body: bytes) -> Self:
        """`body` is what follows the two SSRCs of the feedback's head. Raises RtcpError."""
        if len(body) < BODY.size:
            raise RtcpError("an estimate without its value")
        name, value = BODY.unpack_from(body)
        count = value >> 24
        if name != NAME or BODY.size + count * WORD.size > len(body):
            raise RtcpError("not an estimate, or fewer sources than announced")
        sources = body[BODY.size : BODY.size + count * WORD.size]
        bitrate = (value & 0x3FFFF) << (value >> 18 & 0x3F)
        return cls(ssrc, bitrate, [number for (number,) in WORD.iter_unpack(sources)])

    def __bytes__(self) -> bytes:
        exponent = max(self.bitrate.bit_length() - 18, 0)
        value = len(self.ssrcs) << 24 | exponent << 18 | self.bitrate >> exponent
        sources = b"".join(map(WORD.pack, self.ssrcs))
        body = SOURCES.pack(self.ssrc, 0) + BODY.pack(NAME, value) + sources
        return frame(PAYLOAD_FEEDBACK, APPLICATION, body)
