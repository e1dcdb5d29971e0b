"""What a subscriber asks for again."""

from sfu import rtcp
from sfu.drop import Drop
from sfu.media import Encoding, Kind
from sfu.retransmit import BURST
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


def test_who_asks_for_everything_does_not_get_it_all_at_once() -> None:
    call = Call()
    alice = call.join("alice")
    layer = Vp8Layer(10, 2, 1)
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(layer))
    people = [call.join(f"bob{n}") for n in range(20)]
    for person in people:
        call.subscribe(person, "TR_v", 80, [VP8_CODEC], rtx_ssrc=81)
    for frame in range(24):
        call.send(alice, layer.make(call.now, key=frame == 0))
        call.run(1 / 30)
    numbers = [got.sequence for got in people[0].got[80]]
    assert len(numbers) * len(people) > BURST

    for person in people:
        own = [got.sequence for got in person.got[80]]
        call.send(person, [bytes(rtcp.Nack(1, 80, own))])
    assert call.plane.stats.resent == BURST
    assert call.plane.stats.dropped[Drop.RESEND_LIMIT] == len(numbers) * len(people) - BURST
    call.run(0.05)
    call.send(people[-1], [bytes(rtcp.Nack(1, 80, own))])
    assert call.plane.stats.resent == BURST + min(len(own), 500)
