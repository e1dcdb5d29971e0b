"""Payload formats that the forwarding tells apart, and the payload types of one m-line."""

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from sfu.media import Codec


class Format(IntEnum):
    OTHER = 0  # forwarded as it is
    OPUS = 1
    RED = 2  # RFC 2198 around Opus
    VP8 = 3
    H264 = 4
    VP9 = 5
    AV1 = 6
    H265 = 7
    PCMU = 8
    PCMA = 9


FORMATS = {
    "audio/opus": Format.OPUS,
    "audio/red": Format.RED,
    "audio/pcmu": Format.PCMU,
    "audio/pcma": Format.PCMA,
    "video/vp8": Format.VP8,
    "video/h264": Format.H264,
    "video/vp9": Format.VP9,
    "video/av1": Format.AV1,
    "video/h265": Format.H265,
}
# All layers of these may come in one stream: each packet is looked at (`layering.py`).
LAYERED = frozenset({Format.VP9, Format.AV1, Format.H265})


class Payload(NamedTuple):
    format: Format
    mime: str
    clock_rate: int  # Hz
    has_nack: bool
    has_fec: bool  # Opus repairs single losses by itself
    rtx: int  # payload type of its retransmissions, 0 without


class PayloadTypes:
    """What the numbers of one m-line mean."""

    def __init__(self, codecs: Iterable[Codec]) -> None:
        self.payloads: dict[int, Payload] = {}
        self.originals: dict[int, int] = {}  # payload type of RTX -> of what it repeats
        self.numbers: dict[Format, int] = {}  # the first payload type of each format
        for codec in codecs:
            self._add(codec)

    def _add(self, codec: Codec) -> None:
        mime = codec.mime.lower()
        kind = FORMATS.get(mime, Format.OTHER)
        self.payloads[codec.payload_type] = Payload(
            kind,
            mime,
            codec.clock_rate or 90000,
            "nack" in codec.feedback,
            "useinbandfec=1" in codec.fmtp,
            codec.rtx or 0,
        )
        self.numbers.setdefault(kind, codec.payload_type)
        if codec.rtx:
            self.originals[codec.rtx] = codec.payload_type

    def __contains__(self, payload_type: int) -> bool:
        return payload_type in self.payloads or payload_type in self.originals
