"""The header extension that asks viewers to hold pictures back."""

from sfu import rtcp
from sfu.extensions import PLAYOUT_DELAY
from sfu.media import Kind, PlayoutDelay
from sfu.playout import Playout
from tests.sim.media import DOWN, Call, Person
from tests.sim.sources import VP8_CODEC, Vp8Layer, camera
from tests.sim.views import gaps

ID = 6
WITH_DELAY = DOWN | {PLAYOUT_DELAY: ID}


def milliseconds(value: bytes) -> tuple[int, int]:
    bits = int.from_bytes(value, "big")
    return (bits >> 12) * 10, (bits & 0xFFF) * 10


def playout(minimum: int, maximum: int) -> Playout:
    return Playout(PlayoutDelay(minimum, maximum), 1000, 0.0)


def test_least_and_most_are_steps_of_ten_milliseconds() -> None:
    assert playout(129, 2000).value == bytes.fromhex("00c0c8")
    assert milliseconds(playout(129, 2000).value) == (120, 2000)


def test_without_a_most_it_is_what_browsers_have_anyway() -> None:
    assert milliseconds(playout(200, 0).value) == (200, 10_000)
    assert milliseconds(playout(0, 0).value) == (0, 0)


def test_what_does_not_fit_is_cut() -> None:
    assert milliseconds(playout(1 << 31, 1 << 32).value) == (40_950, 40_950)


def test_it_is_told_until_the_viewer_has_it() -> None:
    told = playout(100, 200)
    told.receive(999, 1.0)
    assert told.value
    told.receive(1000, 1.0)
    assert told.value == b""


def test_numbers_wrap() -> None:
    told = Playout(PlayoutDelay(100, 200), 0x1FFFE, 0.0)
    told.receive(0xFFFD, 1.0)
    assert told.value
    told.receive(0x10001, 1.0)
    assert told.value == b""


def test_ten_times_the_jitter_is_waited_for_but_not_all_at_once() -> None:
    told = playout(100, 2000)
    told.receive(1000, 1.0)
    told.adapt(0.050, 500, 1500, 1.0)
    assert milliseconds(told.value) == (180, 2000)
    for second in range(2, 12):
        told.adapt(0.050, 500 * second, 1500, float(second))
    assert milliseconds(told.value) == (500, 2000)
    told.receive(1500, 12.0)
    told.adapt(0.050, 6000, 7000, 12.0)
    assert told.value == b""  # nothing new to say


def test_it_stays_within_what_was_asked_for() -> None:
    told = playout(100, 150)
    for second in range(1, 5):
        told.adapt(1.0, 100 * second, 1000, float(second))
    assert milliseconds(told.value) == (150, 150)
    for second in range(5, 9):
        told.adapt(0.0, 100 * second, 1000, float(second))
    assert milliseconds(told.value) == (100, 150)


def test_many_lost_packets_are_waited_for_too() -> None:
    told = playout(0, 2000)
    told.nack(90)
    told.adapt(0.0, 100, 1000, 1.0)
    assert milliseconds(told.value) == (60, 2000)


def viewed(
    delay: PlayoutDelay | None, extensions: dict[str, int] = WITH_DELAY, *, viewers: int = 1
) -> tuple[Call, Person, list[Person], Vp8Layer]:
    call = Call(sealed=True)
    alice = call.join("alice")
    layer = Vp8Layer(ssrc=8, quality=2, seed=1)
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(layer))
    people = [call.join(f"viewer-{number}") for number in range(viewers)]
    for person in people:
        call.subscribe(
            person, "TR_v", 80, [VP8_CODEC], rtx_ssrc=81, extensions=extensions, delay=delay
        )
    return call, alice, people, layer


def play(call: Call, alice: Person, layer: Vp8Layer, frames: int, *, key: bool = False) -> None:
    for n in range(frames):
        call.send(alice, layer.make(call.now, key=key and n == 0))
        call.run(1 / 30)


def report(call: Call, person: Person, jitter: int = 0) -> None:
    highest = person.got[80][-1].sequence
    block = rtcp.ReportBlock(80, 0, 0, highest, jitter, 0, 0)
    call.send(person, [bytes(rtcp.ReceiverReport(1, [block]))])


def test_packets_carry_it_until_a_report_has_come() -> None:
    call, alice, (bob,), layer = viewed(PlayoutDelay(200, 600))
    play(call, alice, layer, 10, key=True)
    assert {milliseconds(packet.extensions[ID]) for packet in bob.got[80]} == {(200, 600)}

    report(call, bob)
    before = len(bob.got[80])
    play(call, alice, layer, 10)
    assert not any(ID in packet.extensions for packet in bob.got[80][before:])
    assert gaps(bob.got[80]) == []
    assert bob.refused == 0


def test_jitter_is_told_as_more_delay() -> None:
    call, alice, (bob,), layer = viewed(PlayoutDelay(200, 600))
    play(call, alice, layer, 30, key=True)
    report(call, bob, jitter=90 * 100)  # 100 ms
    before = len(bob.got[80])
    play(call, alice, layer, 5)
    told = {milliseconds(packet.extensions[ID]) for packet in bob.got[80][before:]}
    assert told == {(270, 600)}  # 80 ms a second at most, in steps of ten


def test_the_jitter_of_a_shared_screen_says_nothing() -> None:
    call, alice, (bob,), layer = viewed(PlayoutDelay(200, 600))
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(layer), screen=True)
    play(call, alice, layer, 30, key=True)
    report(call, bob, jitter=90 * 100)
    before = len(bob.got[80])
    play(call, alice, layer, 5)
    assert not any(ID in packet.extensions for packet in bob.got[80][before:])


def test_viewers_that_have_not_agreed_on_it_are_told_nothing() -> None:
    for delay, extensions in ((None, WITH_DELAY), (PlayoutDelay(200, 600), DOWN)):
        call, alice, (bob,), layer = viewed(delay, extensions)
        play(call, alice, layer, 10, key=True)
        assert len(bob.got[80]) == 30
        assert not any(ID in packet.extensions for packet in bob.got[80])


def test_many_viewers_are_told_in_one_go() -> None:
    call, alice, people, layer = viewed(PlayoutDelay(200, 600), viewers=60)
    layer.packets = 20
    play(call, alice, layer, 6, key=True)
    for person in people:
        assert gaps(person.got[80]) == []
        assert len(person.got[80]) == 120
        assert {milliseconds(packet.extensions[ID]) for packet in person.got[80]} == {(200, 600)}
        report(call, person)
    play(call, alice, layer, 6)
    for person in people:
        assert gaps(person.got[80]) == []
        assert not any(ID in packet.extensions for packet in person.got[80][120:])
        assert person.refused == 0
