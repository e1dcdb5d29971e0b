"""What a packet says of its frame is heard, though it is like the ones before it."""

import pytest

from sfu.drop import Drop
from sfu.feedback.nack import OUTSTANDING
from sfu.loops.odd import SKIP
from sfu.loops.take import N_ALONE
from sfu.media import Codec, Encoding, Kind
from sfu.rtcp import Nack
from tests.sim.media import Call
from tests.sim.sources import OPUS_CODEC, Microphone
from tests.sim.views import gaps
from tests.sim.ways import (
    FIRST,
    H264,
    ID,
    MARK,
    OPAQUE,
    SSRC,
    VP8,
    VP8_LONG,
    VP8_SHORT,
    WAYS,
    Scene,
)

# A codec, its usual packets, and one that is like them but for what it says of the frame.
SLICE, FRAGMENT = b"\x61" + MARK, b"\x7c\x41" + MARK
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


def far(scene: Scene, step: int) -> list[int]:
    """What is missing before a packet so far behind the last one; it is sent."""
    missing = [scene.sequence + n & 0xFFFF for n in range(1, step)]
    scene.sequence += step - 1
    scene.send(VP8_LONG)
    return missing


@WAYS
@pytest.mark.parametrize("step", [2, 60, SKIP, SKIP + 1])
def test_what_is_missing_is_asked_for_however_long_the_gap(way: str, step: int) -> None:
    """Over the wrap of the numbers, too: they begin shortly before it."""
    scene = Scene(way, VP8)
    scene.send(FIRST[VP8.mime])
    scene.play(VP8_LONG, 10)
    missing = far(scene, step)
    is_alone = scene.call.plane.regular.desk.counts[N_ALONE] > 0
    scene.call.run(0.03)

    nacks = [packet for packet in scene.alice.control if isinstance(packet, Nack)]
    assert sorted(n for nack in nacks for n in nack.sequences) == sorted(missing[-OUTSTANDING:])
    assert is_alone == (step > SKIP)  # the usual gap costs nobody a look
    assert len(gaps(scene.bob.got[80])) == step - 1
    scene.play(VP8_LONG, 10)
    assert len(scene.bob.got[80]) == 22


@pytest.mark.parametrize(
    ("codec", "usual"), [(VP8, VP8_LONG), (VP8, VP8_SHORT), (H264, SLICE), (H264, FRAGMENT)]
)
def test_who_waits_for_a_key_frame_costs_the_others_nothing(codec: Codec, usual: bytes) -> None:
    """In a large room somebody always does."""
    scene = Scene("single", codec)
    scene.send(FIRST[codec.mime])
    scene.play(usual, 10)
    late = scene.call.join("late")
    scene.call.subscribe(late, "TR_v", 90, [codec])
    alone = 0
    for _ in range(20):
        scene.send(usual)
        alone += int(scene.call.plane.regular.desk.counts[N_ALONE])
    assert alone == 0
    assert not late.got

    scene.send(FIRST[codec.mime])
    scene.play(usual, 5)
    assert len(late.got[90]) == 6
    assert gaps(scene.bob.got[80]) == gaps(late.got[90]) == []


def test_who_is_not_connected_yet_costs_those_who_listen_nothing() -> None:
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=SSRC)])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC])
    late = call.join("late", ready=False)
    call.subscribe(late, "TR_a", 71, [OPUS_CODEC])
    voice, alone = Microphone(SSRC), []
    for number in range(20):
        if number == 10:
            late.endpoint.protection = late.own
        call.send(alice, [voice.make()])
        alone.append(int(call.plane.regular.desk.counts[N_ALONE]))
        call.run(0.05)

    assert sum(alone[3:10]) == 0
    assert len(bob.got[70]) == 20
    assert 5 <= len(late.got[71]) <= 9  # within 200 ms of being there
    assert sum(alone) <= 4
