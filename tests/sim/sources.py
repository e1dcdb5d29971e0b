"""What simulated publishers send: cameras of several layers, microphones."""

import struct
from random import Random

from sfu import extensions, rtcp, rtp
from sfu.feedback.clock import ntp_from_seconds
from sfu.media import Codec, Encoding

MARK = struct.Struct("!BIBB")  # layer, frame, index of the packet, packets of the frame
OPUS, RED, VP8, VP8_RTX = 111, 63, 96, 97

VP8_CODEC = Codec("video/vp8", VP8, 90000, rtx=VP8_RTX, feedback=["nack", "nack pli"])
OPUS_CODEC = Codec("audio/opus", OPUS, 48000, 2)
RED_CODEC = Codec("audio/red", RED, 48000, 2)


class Vp8Layer:
    """One layer of a camera: frames of several packets, with or without temporal layers."""

    def __init__(
        self, ssrc: int, quality: int, seed: int, *, temporal: bool = False, rid: str = "",
        mid: str = "", wide: bool = True, packets: int = 3,
    ) -> None:  # fmt: skip
        random = Random(seed)
        self.ssrc = ssrc
        self.quality = quality
        self.rid, self.mid = rid, mid
        self.packets = packets
        self.is_wide = wide
        self.temporal = temporal
        self.sequence = random.randrange(65000, 65536)  # soon over the wrap
        self.start = random.randrange(1 << 32)  # RTP time at time 0
        self.picture = random.randrange(1 << 15)
        self.tl0 = random.randrange(256)
        self.key = random.randrange(32)
        self.frame = 0
        self.since_key = 0
        self.size = 40

    def rtp_time(self, now: float) -> int:
        return int(now * 90000) + self.start & 0xFFFFFFFF

    def make(self, now: float, *, key: bool = False) -> list[bytes]:
        """The packets of the next frame."""
        self.since_key = 0 if key else self.since_key + 1
        layer = (0, 2, 1, 2)[self.since_key % 4] if self.temporal else 0
        self.frame += 1
        self.picture = self.picture + 1 & 0x7FFF
        self.tl0 = self.tl0 + (layer == 0) & 0xFF
        self.key = self.key + key & 0x1F
        return [self._packet(now, layer, index, key) for index in range(self.packets)]

    def _packet(self, now: float, layer: int, index: int, key: bool) -> bytes:
        first, last = index == 0, index == self.packets - 1
        sync = (layer == 2 and self.since_key % 4 == 1) or layer == 1
        picture = struct.pack("!H", 0x8000 | self.picture)
        if not self.is_wide:
            picture = bytes([self.picture & 0x7F])
        descriptor = bytes([0x80 | (0x10 if first else 0), 0xF0]) + picture
        descriptor += bytes([self.tl0, layer << 6 | sync << 5 | self.key])
        tag = b"" if not first else bytes([0 if key else 1])
        mark = MARK.pack(self.quality, self.frame, index, self.packets)
        body = descriptor + tag.ljust(1, b"\x01") + mark + bytes(self.size)
        return self.wrap(body, now, marker=last)

    def wrap(self, payload: bytes, now: float, *, marker: bool = False, padding: int = 0) -> bytes:
        self.sequence = self.sequence + 1 & 0xFFFF
        elements = []
        if self.mid:
            elements.append((4, self.mid.encode()))
        if self.rid:
            elements.append((5, self.rid.encode()))
        return rtp.build(
            VP8, self.sequence, self.rtp_time(now), self.ssrc, payload, marker=marker,
            extension=extensions.build(elements), padding=padding,
        )  # fmt: skip

    def report(self, now: float) -> bytes:
        """A sender report; NTP runs with `now`, some hours ahead."""
        ntp = ntp_from_seconds(now + 10000)
        return bytes(rtcp.SenderReport(self.ssrc, ntp, self.rtp_time(now), 0, 0))


class Microphone:
    """Opus packets of 20 ms that name themselves."""

    def __init__(self, ssrc: int, *, payload_type: int = OPUS, level: int | None = None) -> None:
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.level = level
        self.sequence = 65530
        self.timestamp = 0xFFFFF000
        self.count = 0

    def make(self, payload: bytes | None = None) -> bytes:
        self.sequence = self.sequence + 1 & 0xFFFF
        self.timestamp = self.timestamp + 960 & 0xFFFFFFFF
        self.count += 1
        level = [] if self.level is None else [(1, bytes([self.level]))]
        return rtp.build(
            self.payload_type, self.sequence, self.timestamp, self.ssrc,
            b"opus%06d" % self.count if payload is None else payload,
            extension=extensions.build(level),
        )  # fmt: skip


def camera(*layers: Vp8Layer, rtx: bool = False) -> list[Encoding]:
    return [
        Encoding(layer.quality, layer.rid, layer.ssrc, layer.ssrc + 1000 if rtx else 0)
        for layer in layers
    ]
