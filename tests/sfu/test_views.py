"""A video whose layers come in one stream: each viewer gets what its layer needs."""

from itertools import groupby, pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu import extensions, rtcp, rtp
from sfu.commands import UpdateSubscription
from sfu.events import LayersChanged
from sfu.media import Kind, PlayoutDelay
from simulcast.descriptors import dependency
from tests.sim.layered import (
    DESCRIBED_DOWN,
    DESCRIBED_UP,
    DOWN_ID,
    UP_ID,
    VP9,
    VP9_CODEC,
    LayeredCamera,
    look,
)
from tests.sim.media import DOWN, Call, Got, Person
from tests.sim.views import gaps, in_order

FPS = 30


class Show:
    """A camera in L3T3_KEY that answers PLI, and its viewers."""

    def __init__(self, *, described: bool = True) -> None:
        self.call = Call()
        self.alice = self.call.join("alice", up=DESCRIBED_UP)
        self.camera = LayeredCamera(described=described)
        self.answers = True
        self.lost: set[tuple[int, int]] = set()  # picture since the start, index in it
        self.pictures = 0
        self.sent: list[bytes] = []
        self.call.publish(self.alice, "TR_v", Kind.VIDEO, [VP9_CODEC], self.camera.encodings())

    def watch(self, name: str, quality: int = 2, *, described: bool = True) -> Person:
        person = self.call.join(name)
        self.call.subscribe(
            person, "TR_v", 80, [VP9_CODEC], rtx_ssrc=81, quality=quality,
            extensions=DESCRIBED_DOWN if described else DOWN,
        )  # fmt: skip
        return person

    def wish(self, name: str, quality: int = 2, *, disabled: bool = False, fps: int = 0) -> None:
        command = UpdateSubscription(name, "TR_v", disabled, quality, fps)
        self.call.plane.update_subscription(command, self.call.now)
        self.call.flush()

    def flowing(self) -> list[int]:
        told = [one.qualities for one in self.call.events if isinstance(one, LayersChanged)]
        return told[-1]

    def play(self, pictures: int, *, key: bool = False) -> None:
        for n in range(pictures):
            asked = any(isinstance(one, rtcp.Pli) for one in self.alice.control)
            self.alice.control.clear()
            is_key = (key and n == 0) or (asked and self.answers)
            made = self.camera.make(self.call.now, key=is_key)
            kept = [data for at, data in enumerate(made) if (self.pictures, at) not in self.lost]
            self.sent += made
            self.pictures += 1
            self.call.send(self.alice, kept)
            self.call.run(1 / FPS)


def packets(person: Person) -> list[Got]:
    return in_order(person.got.get(80, []))


def spatial(person: Person, start: int = 0) -> list[int]:
    """Of its pictures the layers, each once."""
    return [layer for layer, _ in groupby(look(one).spatial for one in packets(person)[start:])]


def is_whole(person: Person) -> bool:
    """No gap; each picture ends with a marker, which nothing else has."""
    got = packets(person)
    ends = [a.timestamp != b.timestamp for a, b in pairwise(got)]
    return gaps(got) == [] and [one.marker for one in got] == [*ends, True]


def test_the_best_layer_comes_without_what_it_does_not_need() -> None:
    show = Show()
    bob = show.watch("bob")
    show.play(9, key=True)

    assert [look(one).spatial for one in packets(bob)[:8]] == [0, 0, 1, 1, 2, 2, 2, 2]
    assert spatial(bob, 6) == [2]
    assert len(packets(bob)) == 6 + 8 * 2
    assert is_whole(bob)


@pytest.mark.parametrize("quality", [0, 1])
@pytest.mark.parametrize("described", [True, False], ids=["described", "plain"])
def test_a_lower_layer_comes_alone(quality: int, described: bool) -> None:
    show = Show(described=described)
    bob = show.watch("bob", quality)
    show.play(9, key=True)

    assert max(look(one).spatial for one in packets(bob)) == quality
    assert is_whole(bob)


def test_without_descriptors_all_layers_below_come_too() -> None:
    show = Show(described=False)
    bob = show.watch("bob")
    show.play(9, key=True)

    assert len(packets(bob)) == 9 * 6
    assert is_whole(bob)


def test_all_layers_flow_from_the_first_key_frame() -> None:
    show = Show()
    show.watch("bob")
    show.play(1, key=True)

    assert show.flowing() == ([0, 1, 2])


@pytest.mark.parametrize("described", [True, False], ids=["described", "plain"])
def test_a_change_of_layer_happens_at_a_key_frame_that_is_asked_for(described: bool) -> None:
    show = Show(described=described)
    bob = show.watch("bob")
    show.play(40, key=True)
    show.wish("bob", 0)
    assert show.call.pli_count(show.alice, 70) == 1
    show.play(3)
    start = len(packets(bob))
    show.play(20)
    assert spatial(bob, start) == [0]
    show.wish("bob", 2)
    show.play(40)

    assert look(packets(bob)[-1]).spatial == 2
    assert is_whole(bob)
    first_packets = [one for one in packets(bob) if look(one).index == 0]
    times = [one.timestamp for one, _ in pairwise(first_packets)]
    steps = {b - a & 0xFFFFFFFF for a, b in pairwise(dict.fromkeys(times))}
    assert steps <= {2999, 3000, 3001}


def test_each_viewer_has_its_own_layer() -> None:
    show = Show()
    people = [show.watch(name, quality) for quality, name in enumerate(("ann", "ben", "cat"))]
    show.play(12, key=True)

    assert [look(packets(one)[-1]).spatial for one in people] == [0, 1, 2]
    assert all(map(is_whole, people))


def test_without_the_key_frame_the_old_layer_goes_on() -> None:
    show = Show()
    bob = show.watch("bob")
    show.play(30, key=True)
    show.answers = False
    show.wish("bob", 0)
    show.play(20)

    assert spatial(bob, 6) == [2]


@pytest.mark.parametrize(("fps", "expected"), [(7, {0}), (15, {0, 1}), (30, {0, 1, 2})])
@pytest.mark.parametrize("described", [True, False], ids=["described", "plain"])
def test_fewer_pictures_come_when_fewer_are_wished(
    fps: int, expected: set[int], described: bool
) -> None:
    show = Show(described=described)
    bob = show.watch("bob")
    show.play(20, key=True)
    show.wish("bob", fps=fps)
    show.play(4)
    start = len(packets(bob))
    show.play(20)

    assert {look(one).temporal for one in packets(bob)[start:]} == expected
    assert is_whole(bob)
    show.wish("bob")
    show.play(8)
    assert {look(one).temporal for one in packets(bob)[-30:]} == {0, 1, 2}
    assert is_whole(bob)


def test_what_is_lost_of_a_layer_that_a_viewer_does_not_get_is_no_gap() -> None:
    show = Show()
    show.camera.packets = 4
    bob = show.watch("bob", 0)
    show.play(5, key=True)
    show.lost = {(6, 5), (6, 6), (7, 9)}  # in the middle of upper layers' frames
    show.play(5)

    assert is_whole(bob)


def test_what_is_lost_comes_again_under_its_number() -> None:
    show = Show()
    bob = show.watch("bob")
    show.play(5, key=True)
    show.lost = {(6, 4)}
    show.play(5)
    (missing,) = gaps(bob.got[80])
    number = show.camera.sequence - 3 * 6 - 1 & 0xFFFF
    original = next(one for one in show.sent if int.from_bytes(one[2:4], "big") == number)
    header = rtp.Header()
    header.read(original, len(original))
    payload = original[2:4] + original[header.payload :]
    block = original[12 : header.payload]
    again = rtp.build(97, 1, header.timestamp, 1070, payload, extension=block)
    show.call.send(show.alice, [again])

    assert gaps(bob.got[80]) == []
    assert bob.got[80][-1].sequence == missing
    assert look(bob.got[80][-1]).spatial == 2


@pytest.mark.parametrize("quality", [0, 1, 2])
@pytest.mark.parametrize("described", [True, False], ids=["described", "plain"])
def test_packets_out_of_order_leave_no_gap(quality: int, described: bool) -> None:
    show = Show(described=described)
    bob = show.watch("bob", quality)
    show.play(2, key=True)
    random = Random(3)
    waiting: list[bytes] = []
    for _ in range(60):
        waiting += show.camera.make(show.call.now)
        random.shuffle(waiting)
        show.call.send(show.alice, waiting[:5])
        del waiting[:5]
        show.call.run(1 / FPS)
    show.call.send(show.alice, waiting)
    show.play(1)

    assert gaps(bob.got[80]) == []
    shown = [one for one in packets(bob) if one.payload]  # the others only have a number
    assert max(look(one).spatial for one in shown) == quality
    pictures = [look(one).picture for one in shown]
    assert all((b - a & 0x7FFF) < 0x4000 for a, b in pairwise(pictures))


def test_a_packet_sent_again_has_its_descriptor() -> None:
    show = Show()
    bob = show.watch("bob")
    show.play(5, key=True)
    first = packets(bob)[0]
    nack = rtcp.Nack(1, 80, [first.sequence])
    show.call.send(bob, [bytes(nack)])

    again = bob.got[80][-1]
    assert again.is_rtx
    assert (again.payload, again.extensions[DOWN_ID]) == (first.payload, first.extensions[DOWN_ID])


def test_a_descriptor_says_that_no_layer_above_is_active() -> None:
    show = Show()
    ann, ben = show.watch("ann", 0), show.watch("ben", 2)
    show.play(2, key=True)

    low = dependency.parse(packets(ann)[0].extensions[DOWN_ID], None)
    high = dependency.parse(packets(ben)[0].extensions[DOWN_ID], None)
    assert low.structure == high.structure
    assert (low.active, high.active) == (0b111, 0b111111111)


def test_who_has_not_agreed_on_descriptors_gets_none() -> None:
    show = Show()
    bob = show.watch("bob", described=False)
    show.play(5, key=True)

    assert all(DOWN_ID not in one.extensions for one in packets(bob))
    assert is_whole(bob)


def test_a_layer_that_the_sender_stops_is_replaced_at_once() -> None:
    show = Show()
    bob = show.watch("bob")
    show.play(20, key=True)
    show.camera.layers = 2
    show.camera.mask = 0b000111111
    show.play(3)

    assert show.flowing() == ([0, 1])
    assert look(packets(bob)[-1]).spatial == 1

    show.camera.layers = 3
    show.play(2, key=True)
    assert show.flowing() == ([0, 1, 2])
    assert look(packets(bob)[-1]).spatial == 2


def test_a_video_of_fewer_layers_keeps_its_viewers() -> None:
    show = Show(described=False)
    bob = show.watch("bob")
    show.play(20, key=True)
    show.camera.sequence += 3000  # another stream from here on
    show.play(5, key=True)

    assert look(packets(bob)[-1]).spatial == 2
    assert gaps(bob.got[80]) == []


def test_frames_of_a_structure_that_was_lost_are_asked_for_anew() -> None:
    show = Show()
    bob = show.watch("bob")
    show.lost = {(0, 0)}
    show.play(1, key=True)
    assert show.call.pli_count(show.alice, 70) >= 1
    show.play(5)

    assert look(packets(bob)[0]).is_key
    assert is_whole(bob)


@given(st.binary(max_size=80), st.binary(min_size=1, max_size=20), st.booleans())
def test_any_descriptor_is_forwarded_or_refused(
    descriptor: bytes, payload: bytes, after_key: bool
) -> None:
    show = Show()
    show.watch("bob")
    if after_key:
        show.play(1, key=True)
    block = extensions.build([(UP_ID, descriptor)]) if descriptor else b""
    number = show.camera.sequence + 1 & 0xFFFF
    packet = rtp.build(VP9, number, 1, 70, payload, extension=block)

    show.call.send(show.alice, [packet])


def test_what_viewers_shall_hold_back_is_told_beside_the_descriptor() -> None:
    show = Show()
    bob = show.call.join("bob")
    told = DESCRIBED_DOWN | {extensions.PLAYOUT_DELAY: 6}
    show.call.subscribe(
        bob, "TR_v", 80, [VP9_CODEC], rtx_ssrc=81, extensions=told, delay=PlayoutDelay(200, 600)
    )
    show.play(9, key=True)
    assert {one.extensions[6] for one in packets(bob)} == {bytes.fromhex("01403c")}
    assert all(DOWN_ID in one.extensions for one in packets(bob))
    assert is_whole(bob)

    before = len(packets(bob))
    block = rtcp.ReportBlock(80, 0, 0, packets(bob)[-1].sequence, 0, 0, 0)
    show.call.send(bob, [bytes(rtcp.ReceiverReport(1, [block]))])
    show.play(9)
    assert not any(6 in one.extensions for one in packets(bob)[before:])
    assert all(DOWN_ID in one.extensions for one in packets(bob))
    assert is_whole(bob)
