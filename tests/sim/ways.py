"""One camera by the three ways through the plane: alone, by array for many viewers, among many.

Packets that are like the ones before them are taken at learnt places; what comes out must not
depend on the way.
"""

import struct

import pytest

from sfu import rtcp, rtp
from sfu.drop import Drop
from sfu.media import Codec, Encoding, Kind
from tests.sim.media import Call
from tests.sim.sources import OPUS_CODEC, VP8_CODEC, Microphone

SSRC, RTX_SSRC, RTX = 8, 9, 97
VP8, H264, OPAQUE = VP8_CODEC, Codec("video/h264", 96, 90000), Codec("video/vp9", 96, 90000)
FRAME = 1 / 30  # seconds
ID = b"\x80\x81\x02"  # flags and a picture id of 15 bits
MARK = bytes(40)
VP8_LONG, VP8_SHORT = b"\x90" + ID + b"\x01" + MARK, b"\x10\x01" + MARK
FIRST = {
    VP8.mime: b"\x90" + ID + b"\x00" + MARK,
    H264.mime: b"\x67\x42\xe0\x1f" + MARK,
    OPAQUE.mime: b"\x8a" + MARK,
}
WAYS = pytest.mark.parametrize("way", ["single", "wide", "many"])


class Scene:
    """Alice's camera of one layer, watched by Bob and by as many others as the way needs."""

    def __init__(self, way: str, codec: Codec) -> None:
        self.call = Call()
        self.alice, self.bob = self.call.join("alice"), self.call.join("bob")
        encodings = [Encoding(2, ssrc=SSRC, rtx_ssrc=RTX_SSRC)]
        self.call.publish(self.alice, "TR_v", Kind.VIDEO, [codec], encodings)
        self.call.subscribe(self.bob, "TR_v", 80, [codec], rtx_ssrc=81)
        for number in range(60 if way == "wide" else 0):
            viewer = self.call.join(f"viewer {number}")
            self.call.subscribe(viewer, "TR_v", 80, [codec])
        self.voices = [Microphone(100 + number) for number in range(20 if way == "many" else 0)]
        for voice in self.voices:
            track = f"TR_{voice.ssrc}"
            self.call.publish(
                self.alice, track, Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=voice.ssrc)]
            )
        self.sequence, self.time = 65500, 0

    @property
    def requests(self) -> int:
        return self.call.plane.stats.key_requests

    def dropped(self, reason: Drop) -> int:
        return self.call.plane.stats.dropped[reason]

    def make(self, payload: bytes, *, goes_on: bool = False) -> bytes:
        """The next packet; `goes_on`: of the same frame."""
        self.sequence = self.sequence + 1 & 0xFFFF
        self.time += 0 if goes_on else 3000
        return rtp.build(96, self.sequence, self.time, SSRC, payload, marker=not goes_on)

    def send(self, payload: bytes, *, goes_on: bool = False) -> None:
        packet = self.make(payload, goes_on=goes_on)
        voices = [voice.make() for voice in self.voices]
        self.call.send(self.alice, [*voices, packet])
        self.call.run(FRAME)

    def play(self, payload: bytes, packets: int, *, goes_on: bool = False) -> None:
        for _ in range(packets):
            self.send(payload, goes_on=goes_on)

    def repeat(self, sequence: int, payload: bytes) -> None:
        """By RTX."""
        body = struct.pack("!H", sequence) + payload
        packet = rtp.build(RTX, 1, self.time, RTX_SSRC, body)
        self.call.send(self.alice, [*(voice.make() for voice in self.voices), packet])

    def lose(self, sequence: int) -> None:
        """Bob asks for it again."""
        self.call.send(self.bob, [bytes(rtcp.Nack(5, 80, [sequence]))])

    def ask(self) -> None:
        """Bob's decoder needs a key frame."""
        self.call.send(self.bob, [bytes(rtcp.Pli(5, 80))])
