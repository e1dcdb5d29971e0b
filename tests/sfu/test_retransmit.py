"""What a subscriber asks for again."""

import pytest

from sfu import retransmit, rtcp
from sfu.drop import Drop
from sfu.media import Encoding, Kind
from tests.sim.media import Call, Person
from tests.sim.sources import OPUS_CODEC, VP8_CODEC, Microphone, Vp8Layer, camera
from tests.sim.views import gaps, look


def call_with_loss(every: int) -> tuple[Call, Person, Person, Vp8Layer]:
    call = Call(sealed=True)
    alice, bob = call.join("alice"), call.join("bob")
    layer = Vp8Layer(10, 2, 1, temporal=True)
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(layer))
    call.subscribe(bob, "TR_v", 80, [VP8_CODEC], rtx_ssrc=81)
    counter = iter(range(1 << 30))
    call.lose = lambda person, data: person is bob and next(counter) % every == every - 1
    return call, alice, bob, layer


def ask(call: Call, person: Person, ssrc: int, sequences: list[int]) -> None:
    call.send(person, [bytes(rtcp.Nack(5, ssrc, sequences))])


def test_a_lost_packet_comes_again_by_rtx_byte_for_byte() -> None:
    call, alice, bob, layer = call_with_loss(10**9)
    for n in range(30):
        call.send(alice, layer.make(call.now, key=n == 0))
        call.run(1 / 30)
    sent = {packet.sequence: packet for packet in bob.got[80]}
    wanted = sorted(sent)[5:25]
    bob.got.clear()
    ask(call, bob, 80, wanted)

    again = bob.got[80]
    assert all(packet.is_rtx for packet in again)
    assert [packet.sequence for packet in again] == wanted
    for packet in again:
        original = sent[packet.sequence]
        assert packet.payload == original.payload
        assert (packet.timestamp, packet.marker) == (original.timestamp, original.marker)
        assert packet.payload_type == 97


def test_with_ten_percent_of_loss_everything_arrives_in_the_end() -> None:
    call, alice, bob, layer = call_with_loss(10)
    for n in range(100):
        call.send(alice, layer.make(call.now, key=n == 0))
        call.run(1 / 30)
        if missing := gaps(bob.got[80]):
            ask(call, bob, 80, missing)
            call.run(0.11)

    assert gaps(bob.got[80]) == []
    assert bob.refused == 0
    assert sum(packet.is_rtx for packet in bob.got[80]) > 25


def test_the_same_packet_is_sent_again_thrice_and_not_too_soon() -> None:
    call, alice, bob, layer = call_with_loss(10**9)
    call.send(alice, layer.make(call.now, key=True))
    number = bob.got[80][0].sequence
    for _ in range(5):
        ask(call, bob, 80, [number, number])
        call.run(0.2)

    assert sum(packet.is_rtx for packet in bob.got[80]) == 3
    assert call.plane.stats.resent == 3
    assert call.plane.stats.dropped[Drop.RESENT_ENOUGH] == 7


def test_what_the_ring_has_lost_is_not_sent() -> None:
    call, alice, bob, layer = call_with_loss(10**9)
    call.send(alice, layer.make(call.now, key=True))
    number = bob.got[80][0].sequence
    for _ in range(400):
        call.run(1 / 30)
        call.send(alice, layer.make(call.now))
    bob.got.clear()
    ask(call, bob, 80, [number, number + 7000 & 0xFFFF])

    assert not bob.got
    assert call.plane.stats.dropped[Drop.NOT_IN_HISTORY] == 2


def test_without_rtx_the_same_datagram_leaves_again() -> None:
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    voice = Microphone(7)
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC])
    for _ in range(40):
        call.send(alice, [voice.make()])
        call.run(0.02)
    sent = list(bob.got[70])
    ask(call, bob, 70, [sent[-3].sequence, sent[0].sequence])

    again = bob.got[70][40:]
    assert [packet.payload for packet in again] == [sent[-3].payload, sent[0].payload]
    assert [packet.extensions for packet in again] == [sent[-3].extensions, sent[0].extensions]


def test_without_rtx_nothing_leaves_that_is_not_the_same_datagram() -> None:
    call = Call(sealed=True)
    alice, bob = call.join("alice"), call.join("bob")
    voice = Microphone(7)
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC])
    left: list[bytes] = []
    call.lose = lambda person, data: not 192 <= data[1] <= 223 and not left.append(data)  # type: ignore[func-returns-value]
    for _ in range(3):
        call.send(alice, [voice.make()])
    ask(call, bob, 70, [sequence_of(left[0])])
    assert left[3] == left[0]

    call.run(1.0)
    acknowledge(call, bob, 70)  # its packets are without a mid from here on
    ask(call, bob, 70, [sequence_of(left[1])])

    assert len(left) == 4
    assert call.plane.stats.dropped[Drop.NOT_IN_HISTORY] == 1


def sequence_of(packet: bytes) -> int:
    return int.from_bytes(packet[2:4], "big")


def acknowledge(call: Call, viewer: Person, ssrc: int) -> None:
    block = rtcp.ReportBlock(ssrc, 0, 0, 0, 0, 0, 0)
    call.send(viewer, [rtcp.compound([rtcp.ReceiverReport(1, [block])])])


def test_layers_before_a_switch_are_sent_again_as_they_were() -> None:
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    layers = [Vp8Layer(10 + n, n, n) for n in range(2)]
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(*layers))
    call.subscribe(bob, "TR_v", 80, [VP8_CODEC], rtx_ssrc=81)
    call.send(alice, layers[0].make(call.now, key=True))
    call.send(alice, layers[0].make(call.now + 0.1))
    call.send(alice, layers[1].make(call.now + 0.2, key=True))
    sent = list(bob.got[80])
    assert {look(packet.payload).layer for packet in sent} == {0, 1}
    ask(call, bob, 80, [packet.sequence for packet in sent])

    again = bob.got[80][len(sent) :]
    assert [packet.payload for packet in again] == [packet.payload for packet in sent]
    assert [packet.timestamp for packet in again] == [packet.timestamp for packet in sent]


def test_a_nack_for_an_unknown_stream_does_nothing() -> None:
    call, alice, bob, layer = call_with_loss(10**9)
    call.send(alice, layer.make(call.now, key=True))
    ask(call, bob, 999, list(range(100)))

    assert call.plane.stats.resent == 0


def crowd(people: int, rtx: int = 81) -> tuple[Call, list[Person]]:
    """One is seen by so many, in 24 frames of 3 packets."""
    call = Call()
    alice = call.join("alice")
    layer = Vp8Layer(10, 2, 1)
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(layer))
    viewers = [call.join(f"bob{n}") for n in range(people)]
    for person in viewers:
        call.subscribe(person, "TR_v", 80, [VP8_CODEC], rtx_ssrc=rtx)
    for frame in range(24):
        call.send(alice, layer.make(call.now, key=frame == 0))
        call.run(1 / 30)
    return call, viewers


@pytest.mark.parametrize("rtx", [81, 0], ids=["by RTX", "as it was"])
def test_what_a_crowd_has_lost_in_one_moment_comes_again_at_once(rtx: int) -> None:
    """A switch that overflows loses the same packets for all behind it."""
    call, viewers = crowd(60, rtx)
    lost = {person.name: person.got[80][-60:] for person in viewers}
    for person in viewers:
        del person.got[80][-60:]
        ask(call, person, 80, [got.sequence for got in lost[person.name]])

    for person in viewers:
        again = person.got[80][-60:]
        assert [got.payload for got in again] == [got.payload for got in lost[person.name]]
        assert all(got.is_rtx == bool(rtx) for got in again)


def test_who_asks_for_everything_does_not_get_it_all_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retransmit, "BURST", 1000)
    call, people = crowd(20)
    for person in people:
        own = [got.sequence for got in person.got[80]]
        call.send(person, [bytes(rtcp.Nack(1, 80, own))])
    assert call.plane.stats.resent == 1000
    assert call.plane.stats.dropped[Drop.RESEND_LIMIT] == 72 * len(people) - 1000
    call.run(0.01)
    call.send(people[-1], [bytes(rtcp.Nack(1, 80, own))])
    assert call.plane.stats.resent == 1000 + len(own)  # of 200


def test_a_packet_that_would_be_too_long_is_not_sent_again() -> None:
    """By RTX it is two bytes longer than it was, and may not fit a row of the arena any more."""
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    layer = Vp8Layer(10, 2, 1)
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(layer))
    call.subscribe(bob, "TR_v", 80, [VP8_CODEC], rtx_ssrc=81)
    for size in range(1380, 1462, 2):
        layer.size = size
        call.send(alice, layer.make(call.now, key=True))
    sent = {got.sequence: len(got.payload) for got in bob.got[80]}
    ask(call, bob, 80, list(sent))

    again = [got for got in bob.got[80] if got.is_rtx]
    assert len(again) + call.plane.stats.dropped[Drop.NOT_IN_HISTORY] == len(sent)
    assert 0 < len(again) < len(sent)
    assert all(len(got.payload) == sent[got.sequence] for got in again)
