"""A header extension that says when something was captured: it goes to who has agreed on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu import extensions, rtcp, rtp
from sfu.extensions import ABS_CAPTURE_TIME
from sfu.media import Codec, Encoding, Kind
from tests.sim.layered import DESCRIBED_DOWN, DESCRIBED_UP, VP9_CODEC, LayeredCamera
from tests.sim.media import DOWN, UP, Call, Got, Person
from tests.sim.sources import (
    OPUS_CODEC,
    RED_CODEC,
    VP8_CODEC,
    Microphone,
    Vp8Layer,
    camera,
)
from tests.sim.views import gaps

UP_ID, DOWN_ID = 11, 12
SENDS = {ABS_CAPTURE_TIME: UP_ID}
TAKES = {ABS_CAPTURE_TIME: DOWN_ID}
OFFSET = bytes.fromhex("0000000180000000")  # of the capturer's clock
PLAIN_VP8 = Codec("video/vp8", 96, 90000)


def stamped(packet: bytes, value: bytes) -> bytes:
    """The same with a capture time."""
    header = rtp.Header()
    assert header.read(packet, len(packet))
    found = extensions.locate(packet, header.profile, header.extension, header.extension_end)
    elements = [(number, packet[at : at + length]) for number, (at, length) in found.items()]
    return rtp.build(
        header.payload_type, header.sequence, header.timestamp, header.ssrc,
        packet[header.payload : header.end], marker=header.marker,
        extension=extensions.build([*elements, (UP_ID, value)]),
    )  # fmt: skip


def moment(number: int) -> bytes:
    return (0xE8A1_0000_0000_0000 + number).to_bytes(8, "big")


def told(packets: list[Got]) -> list[bytes]:
    return [packet.extensions[DOWN_ID] for packet in packets if DOWN_ID in packet.extensions]


class Film:
    """Every tenth frame of Alice's says when it was captured. Bob takes that, Ben does not."""

    def __init__(self, codec: Codec = VP8_CODEC) -> None:
        self.call = call = Call(sealed=True)
        self.alice = call.join("alice", up=UP | SENDS)
        self.bob, self.ben = call.join("bob"), call.join("ben")
        self.layer = Vp8Layer(ssrc=8, quality=2, seed=1)
        call.publish(self.alice, "TR_v", Kind.VIDEO, [codec], camera(self.layer))
        rtx = 81 if codec.rtx else 0
        call.subscribe(self.bob, "TR_v", 80, [codec], rtx_ssrc=rtx, extensions=DOWN | TAKES)
        call.subscribe(self.ben, "TR_v", 80, [codec], rtx_ssrc=rtx)

    def show(self, frames: int) -> None:
        for number in range(frames):
            packets = self.layer.make(self.call.now, key=number == 0)
            if number % 10 == 0:
                packets[0] = stamped(packets[0], moment(number) + OFFSET)
            self.call.send(self.alice, packets)
            self.call.run(1 / 30)


def test_it_goes_on_without_the_offset_to_who_has_agreed_on_it() -> None:
    film = Film()
    film.show(40)

    seen, plain = film.bob.got[80], film.ben.got[80]
    assert told(seen) == [moment(0), moment(10), moment(20), moment(30)]
    assert told(plain) == []
    assert len(seen) == len(plain) == 120
    assert gaps(seen) == gaps(plain) == []
    assert film.bob.refused == film.ben.refused == 0


@pytest.mark.parametrize("codec", [VP8_CODEC, PLAIN_VP8], ids=["RTX", "the same datagram"])
def test_a_packet_that_is_sent_again_has_it_too(codec: Codec) -> None:
    film = Film(codec)
    lost: list[bytes] = []

    def lose(person: Person, data: bytes) -> bool:
        is_meant = person is film.bob and not 192 <= data[1] <= 223
        lost.extend([data] * is_meant)
        return is_meant and len(lost) == 31  # the first packet of the eleventh frame

    film.call.lose = lose
    film.show(15)
    assert told(film.bob.got[80]) == [moment(0)]
    (missing,) = gaps(film.bob.got[80])
    film.call.send(film.bob, [bytes(rtcp.Nack(5, 80, [missing]))])

    again = film.bob.got[80][-1]
    assert (again.sequence, told([again])) == (missing, [moment(10)])
    assert film.bob.refused == 0


@pytest.mark.parametrize(
    ("sent", "taken"),
    [([OPUS_CODEC], [OPUS_CODEC]), ([OPUS_CODEC], [RED_CODEC, OPUS_CODEC])],
    ids=["Opus", "made RED of"],
)
def test_sound_has_it_in_each_packet(sent: list[Codec], taken: list[Codec]) -> None:
    call = Call(sealed=True)
    alice, bob = call.join("alice", up=UP | SENDS), call.join("bob")
    microphone = Microphone(7, level=30)
    call.publish(alice, "TR_a", Kind.AUDIO, sent, [Encoding(2, "", 7)])
    call.subscribe(bob, "TR_a", 70, taken, extensions=DOWN | TAKES)
    for number in range(50):
        call.send(alice, [stamped(microphone.make(), moment(number))])
        call.run(0.02)

    assert told(bob.got[70]) == [moment(number) for number in range(50)]
    assert gaps(bob.got[70]) == []


def test_a_layer_of_a_layered_video_has_it_beside_the_descriptor() -> None:
    call = Call()
    alice, bob = call.join("alice", up=DESCRIBED_UP | SENDS), call.join("bob")
    lens = LayeredCamera()
    call.publish(alice, "TR_v", Kind.VIDEO, [VP9_CODEC], lens.encodings())
    extensions = DESCRIBED_DOWN | TAKES
    call.subscribe(bob, "TR_v", 80, [VP9_CODEC], rtx_ssrc=81, extensions=extensions)
    for number in range(10):
        packets = lens.make(call.now, key=number == 0)
        packets[-1] = stamped(packets[-1], moment(number))
        call.send(alice, packets)
        call.run(1 / 30)

    assert told(bob.got[80]) == [moment(number) for number in range(10)]
    assert all(7 in packet.extensions for packet in bob.got[80])


@given(st.binary(min_size=1, max_size=16))
def test_what_is_none_goes_no_further(value: bytes) -> None:
    film = Film()
    packets = film.layer.make(film.call.now, key=True)
    film.call.send(film.alice, [stamped(packets[0], value), *packets[1:]])

    is_time = len(value) >= 8 and any(value[:8])
    assert told(film.bob.got[80]) == ([value[:8]] if is_time else [])
    assert len(film.bob.got[80]) == 3
