"""Packets that are like the ones before them are forwarded as all others are, whatever they hold.

Each test runs with packets that come one by one, one by one for so many that it is worth an array,
and among many others: three ways through the plane, one outcome.
"""

import struct

import pytest

from sfu import extensions, red, rtcp, rtp
from sfu.drop import Drop
from sfu.media import Codec, Encoding, Kind
from sfu.red import RedEncoder
from sfu.registry import VIDEO_DEPTH
from tests.sim.media import DOWN, Call
from tests.sim.shapes import add_source
from tests.sim.sources import OPUS, OPUS_CODEC, RED, RED_CODEC, VP8_CODEC, Microphone
from tests.sim.views import gaps

SSRC, RTX_SSRC, RTX = 8, 9, 97
VP8, H264, OPAQUE = VP8_CODEC, Codec("video/h264", 96, 90000), Codec("video/vp9", 96, 90000)
FRAME = 1 / 30  # seconds
ID = b"\x80\x81\x02"  # flags and a picture id of 15 bits
MARK = bytes(40)


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


WAYS = pytest.mark.parametrize("way", ["single", "wide", "many"])

# A codec, its usual packets, and one that is like them but for what it says of the frame.
VP8_LONG, VP8_SHORT = b"\x90" + ID + b"\x01" + MARK, b"\x10\x01" + MARK
SLICE, FRAGMENT = b"\x61" + MARK, b"\x7c\x41" + MARK
FIRST = {
    VP8.mime: b"\x90" + ID + b"\x00" + MARK,
    H264.mime: b"\x67\x42\xe0\x1f" + MARK,
    OPAQUE.mime: b"\x8a" + MARK,
}
STARTS = [
    pytest.param(VP8, VP8_LONG, b"\x90" + ID + b"\x00" + MARK, id="vp8"),
    pytest.param(VP8, VP8_LONG, b"\xb0" + ID + b"\x10" + MARK, id="vp8, not a reference"),
    pytest.param(VP8, VP8_SHORT, b"\x10\x00" + MARK, id="vp8 without extension"),
    pytest.param(VP8, VP8_SHORT, b"\x30\x02" + MARK, id="vp8 without extension or reference"),
    pytest.param(H264, SLICE, b"\x65" + MARK, id="h264, whole"),
    pytest.param(H264, SLICE, b"\x67\x42\xe0\x1f" + MARK, id="h264, parameters"),
    pytest.param(H264, SLICE, b"\x78\x00\x04\x67\x42\xe0\x1f\x00\x04" + MARK, id="h264, together"),
    pytest.param(H264, SLICE, b"\x7c\x85" + MARK, id="h264, a fragment"),
    pytest.param(H264, FRAGMENT, b"\x7c\x85" + MARK, id="h264, a fragment among them"),
    pytest.param(OPAQUE, b"\x8a" + MARK, b"\x8a" + MARK, id="opaque"),
]
OTHERS = [
    pytest.param(VP8, VP8_LONG, VP8_LONG, id="vp8"),
    pytest.param(VP8, VP8_LONG, b"\x80" + ID + b"\x00" + MARK, id="vp8, not the first part"),
    pytest.param(VP8, VP8_LONG, b"\x91" + ID + b"\x00" + MARK, id="vp8, a later partition"),
    pytest.param(VP8, VP8_SHORT, b"\x11\x00" + MARK, id="vp8 without extension"),
    pytest.param(H264, SLICE, b"\x41" + MARK, id="h264, whole"),
    pytest.param(H264, SLICE, b"\x7c\x81" + MARK, id="h264, a fragment"),
    pytest.param(H264, FRAGMENT, b"\x7c\x45" + MARK, id="h264, a later fragment"),
]


@WAYS
@pytest.mark.parametrize(("codec", "usual", "start"), STARTS)
def test_a_key_frame_fulfils_who_had_to_wait_with_a_request(
    way: str, codec: Codec, usual: bytes, start: bytes
) -> None:
    scene = asked_twice(way, codec, usual)
    asked = scene.requests

    scene.send(start)
    scene.play(usual, 60, goes_on=codec is OPAQUE)

    assert scene.requests == asked


@WAYS
@pytest.mark.parametrize(("codec", "usual", "other"), OTHERS)
def test_other_packets_do_not(way: str, codec: Codec, usual: bytes, other: bytes) -> None:
    scene = asked_twice(way, codec, usual)
    asked = scene.requests

    scene.send(other, goes_on=other == FRAGMENT)
    scene.play(usual, 60, goes_on=usual == FRAGMENT)

    assert scene.requests == asked + 1


def asked_twice(way: str, codec: Codec, usual: bytes) -> Scene:
    """The second time too soon: the request leaves later, if no key frame comes before."""
    scene = Scene(way, codec)
    scene.send(FIRST[codec.mime])
    scene.play(usual, 60)
    asked = scene.requests
    scene.ask()
    scene.play(usual, 5, goes_on=codec is OPAQUE)
    assert scene.requests == asked + 1
    scene.ask()
    assert scene.requests == asked + 1
    return scene


@WAYS
def test_a_key_slice_within_a_frame_starts_nothing(way: str) -> None:
    scene = asked_twice(way, H264, SLICE)
    asked = scene.requests

    scene.send(SLICE)
    scene.send(b"\x65" + MARK, goes_on=True)
    scene.play(SLICE, 60)

    assert scene.requests == asked + 1


@WAYS
@pytest.mark.parametrize("size", [1, 3, 4], ids=["one octet", "half", "whole"])
def test_a_descriptor_without_a_frame_goes_no_further(way: str, size: int) -> None:
    scene = Scene(way, VP8)
    scene.send(FIRST[VP8.mime])
    scene.play(VP8_LONG, 700)  # until the ring is used again: behind it stands what was there
    scene.send(VP8_LONG[:size])
    scene.play(VP8_LONG, 5)

    assert scene.dropped(Drop.MALFORMED) == 1
    assert len(scene.bob.got[80]) == 706
    assert gaps(scene.bob.got[80]) == []


@WAYS
def test_what_was_received_is_not_forwarded_when_it_comes_again(way: str) -> None:
    scene = Scene(way, VP8)
    scene.send(FIRST[VP8.mime])
    scene.play(VP8_LONG, 1100)
    before = len(scene.bob.got[80])
    for back in (0, 1, 20, 1000):
        scene.repeat(scene.sequence - back & 0xFFFF, VP8_LONG)

    assert scene.dropped(Drop.DUPLICATE) == 4
    assert len(scene.bob.got[80]) == before


@WAYS
def test_red_names_its_blocks_as_each_subscriber_does(way: str) -> None:
    call = Call()
    alice = call.join("alice")
    call.publish(alice, "TR_a", Kind.AUDIO, [RED_CODEC, OPUS_CODEC], [Encoding(0, ssrc=7)])
    like = [RED_CODEC, OPUS_CODEC]
    other = [Codec("audio/red", 97, 48000, 2), Codec("audio/opus", 96, 48000, 2)]
    people = [call.join(f"person {number}") for number in range(60 if way == "wide" else 2)]
    for number, person in enumerate(people):
        call.subscribe(person, "TR_a", 70, other if number % 2 else like)
    encoder, voice = RedEncoder(OPUS), Microphone(7, payload_type=RED)
    for _ in range(3):
        packets = []
        for _ in range(20):
            payload = b"opus%06d" % voice.count
            packets.append(voice.make(encoder.encode(voice.count, 960 * voice.count, payload)))
        for at in range(0, 20, 20 if way == "many" else 1):
            call.send(alice, packets[at : at + 20] if way == "many" else [packets[at]])
        call.run(0.4)

    for number, person in enumerate(people):
        named = 96 if number % 2 else OPUS
        assert len(person.got[70]) == 60
        for packet in person.got[70]:
            blocks = red.parse(packet.payload, 0, len(packet.payload))
            assert blocks is not None
            assert {block.payload_type for block in blocks} == {named}


@WAYS
def test_a_number_that_was_sent_again_often_may_be_when_it_is_another_packets(way: str) -> None:
    scene = Scene(way, VP8)
    scene.send(FIRST[VP8.mime])
    scene.play(VP8_LONG, 20)
    lost = scene.bob.got[80][-1].sequence
    for _ in range(5):
        scene.lose(lost)
        scene.play(VP8_LONG, 6)  # a moment: not too soon
    assert scene.call.plane.stats.resent == 3
    scene.play(VP8_LONG, VIDEO_DEPTH)
    scene.lose(scene.bob.got[80][-1].sequence)

    assert scene.call.plane.stats.resent == 4


@WAYS
def test_sound_leaves_before_pictures(way: str) -> None:
    scene = Scene(way, VP8)
    scene.call.publish(scene.alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    scene.call.subscribe(scene.bob, "TR_a", 70, [OPUS_CODEC])
    voice, number = Microphone(7), DOWN[extensions.TRANSPORT_CC]
    scene.send(FIRST[VP8.mime])
    for turn in range(20):
        picture = scene.make(VP8_LONG)
        company = [one.make() for one in scene.voices]
        packets = [picture, voice.make()]
        if turn > 10:  # neither is like those before
            packets = [add_source(packet) if turn % 2 else packet for packet in packets]
        scene.call.send(scene.alice, [*company, *packets])
        scene.call.run(FRAME)

        if turn < 5:  # nothing is known of the sound yet
            continue
        heard, seen = scene.bob.got[70][-1], scene.bob.got[80][-1]
        assert heard.time == seen.time
        first, second = (int.from_bytes(one.extensions[number], "big") for one in (heard, seen))
        assert second - first & 0xFFFF == 1


@WAYS
def test_a_packet_is_not_numbered_twice_however_late_it_comes_again(way: str) -> None:
    """What is sealed anew under a number that was used gives away the key (RFC 7714, section 8)."""
    scene = Scene(way, VP8)
    scene.send(FIRST[VP8.mime])
    scene.play(VP8_LONG, 20)
    late = scene.make(VP8_LONG)
    scene.play(VP8_LONG, VIDEO_DEPTH + 50)
    before = len(scene.bob.got[80])
    scene.call.send(scene.alice, [*(voice.make() for voice in scene.voices), late])

    assert len(scene.bob.got[80]) == before
    assert scene.dropped(Drop.DUPLICATE) == (61 if way == "wide" else 1)


@WAYS
def test_what_comes_late_from_just_before_the_start_is_left_out(way: str) -> None:
    scene = Scene(way, VP8)
    late = scene.make(VP8_LONG)
    scene.send(FIRST[VP8.mime])
    scene.play(VP8_LONG, 20)
    before = len(scene.bob.got[80])
    scene.call.send(scene.alice, [*(voice.make() for voice in scene.voices), late])

    assert len(scene.bob.got[80]) == before
