"""Strangers' and members' bytes: nothing raises, and a call beside them goes on untouched."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sfu import extensions, rtp
from sfu.media import Encoding, Kind
from tests.sim.media import Call
from tests.sim.sources import (
    OPUS,
    OPUS_CODEC,
    RED,
    RED_CODEC,
    VP8,
    VP8_CODEC,
    VP8_RTX,
    Microphone,
    Vp8Layer,
    camera,
)
from tests.sim.views import gaps


class Stage:
    """Alice talks to Bob; Mallory is a member too, publishes and subscribes."""

    def __init__(self, *, sealed: bool = False) -> None:
        self.call = Call(sealed=sealed)
        self.alice, self.bob, self.mallory = (self.call.join(n) for n in ("alice", "bob", "mal"))
        self.layer, self.voice = Vp8Layer(10, 2, 1), Microphone(7)
        for person, mark in ((self.alice, "a"), (self.mallory, "m")):
            self.call.publish(
                person, f"TR_v{mark}", Kind.VIDEO, [VP8_CODEC], camera(self.layer, rtx=True), "1"
            )
            codecs = [RED_CODEC, OPUS_CODEC]
            encodings = [Encoding(0, ssrc=7)]
            self.call.publish(person, f"TR_a{mark}", Kind.AUDIO, codecs, encodings, "0")
        for person in (self.bob, self.mallory):
            self.call.subscribe(person, "TR_va", 80, [VP8_CODEC], rtx_ssrc=81)
            self.call.subscribe(person, "TR_aa", 70, [OPUS_CODEC])
        self.call.subscribe(self.bob, "TR_vm", 82, [VP8_CODEC], rtx_ssrc=83)
        self.call.subscribe(self.bob, "TR_am", 72, [OPUS_CODEC])
        self.frames = 0

    def play(self) -> None:
        self.frames += 1
        packets = self.layer.make(self.call.now, key=self.frames == 1)
        self.call.send(self.alice, [*packets, self.voice.make()])
        self.call.run(1 / 30)

    def check(self) -> None:
        assert len(self.bob.got[80]) == 3 * self.frames
        assert len(self.bob.got[70]) == self.frames
        assert gaps(self.bob.got[80]) == gaps(self.bob.got[70]) == []


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    """RTP that is nearly right."""
    elements = draw(st.lists(st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16))))
    packet = rtp.build(
        draw(st.sampled_from([OPUS, RED, VP8, VP8_RTX, 5])),
        draw(st.integers(0, 65535)),
        draw(st.integers(0, 0xFFFFFFFF)),
        draw(st.sampled_from([7, 10, 1010, 99])),
        draw(st.binary(max_size=60)),
        marker=draw(st.booleans()),
        extension=extensions.build(elements[:5]),
        padding=draw(st.sampled_from([0, 0, 1, 255])),
    )
    flips = draw(st.lists(st.tuples(st.integers(0, len(packet) - 1), st.integers(0, 255))))
    data = bytearray(packet)
    for at, value in flips[:3]:
        data[at] = value
    data[0] = data[0] & 0x3F | 0x80
    return bytes(data)


CONTROL = st.tuples(
    st.integers(0x80, 0x9F), st.integers(192, 223), st.integers(0, 12), st.binary(max_size=48)
).map(lambda p: bytes([p[0], p[1], 0, p[2]]) + p[3])
KNOWN = st.tuples(
    st.sampled_from([(0x81, 205), (0x8F, 205), (0x81, 206), (0x84, 206), (0x8F, 206), (0x81, 201)]),
    st.sampled_from([80, 81, 70, 82, 10, 7, 99]),
    st.binary(max_size=60).map(lambda body: body[: len(body) & ~3]),
).map(lambda p: bytes([*p[0], 0, 2 + len(p[2]) // 4]) + bytes(4) + p[1].to_bytes(4, "big") + p[2])


@settings(max_examples=100, deadline=None)
@given(st.lists(packets() | CONTROL | KNOWN | st.binary(max_size=80), max_size=30))
def test_a_members_bytes_disturb_nobody(datagrams: list[bytes]) -> None:
    stage = Stage()
    stage.play()
    for data in datagrams:
        stage.call.receive([data], stage.mallory.path)
        stage.play()

    stage.check()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(max_size=80).map(lambda data: b"\x80" + data), max_size=50))
def test_forged_packets_from_the_publishers_own_address_change_nothing(
    datagrams: list[bytes],
) -> None:
    stage = Stage(sealed=True)
    stage.play()
    for data in datagrams:
        stage.call.receive([data], stage.alice.path)
        stage.play()

    stage.check()


def test_a_publisher_who_jumps_about_does_not_grow_the_server() -> None:
    stage = Stage()
    random = stage.call.random
    for _ in range(3000):
        packet = rtp.build(
            VP8, random.randrange(65536), random.randrange(1 << 32), 10,
            b"\x90\xe0\x80\x01\x05\x20" + bytes(20),
        )  # fmt: skip
        stage.call.send(stage.mallory, [packet])
        if random.random() < 0.05:
            stage.play()

    stage.check()
    state = stage.call.plane._state
    assert state.nacks.outstanding(state.by_track["TR_vm"].streams[2].row) <= 100


def test_a_nack_storm_is_answered_within_bounds() -> None:
    stage = Stage()
    for _ in range(30):
        stage.play()
    before = stage.call.plane.stats.packets_out
    body = b"".join(
        (first & 0xFFFF).to_bytes(2, "big") + b"\xff\xff" for first in range(0, 65536, 17)
    )
    for at in range(0, len(body), 1200):
        part = body[at : at + 1200]
        head = bytes([0x81, 205]) + (2 + len(part) // 4).to_bytes(2, "big")
        stage.call.receive([head + bytes(4) + (80).to_bytes(4, "big") + part], stage.mallory.path)

    assert stage.call.plane.stats.packets_out - before <= 3 * 30 * 3
    stage.play()
    stage.check()
