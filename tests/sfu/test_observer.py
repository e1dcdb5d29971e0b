"""Who speaks, and how well it goes."""

from itertools import pairwise

import pytest

from sfu import observer, rtcp
from sfu.commands import MutePublication, RemovePublication, UpdateSubscription
from sfu.config import PlaneConfig
from sfu.events import QualityChanged, SpeakersChanged
from sfu.media import Encoding, Kind
from sfu.quality import EXCELLENT, LOST, POOR
from tests.sim.media import Call, Person
from tests.sim.sources import OPUS_CODEC, RED_CODEC, VP8_CODEC, Microphone, Vp8Layer, camera


def talk(call: Call, person: Person, voice: Microphone, seconds: float) -> None:
    for _ in range(int(seconds * 50)):
        call.send(person, [voice.make()])
        call.run(0.02)


def room() -> tuple[Call, Person, Microphone]:
    call = Call()
    alice = call.join("alice")
    voice = Microphone(7, level=10)
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    return call, alice, voice


def speakers(call: Call) -> list[SpeakersChanged]:
    return [event for event in call.events if isinstance(event, SpeakersChanged)]


def qualities(call: Call) -> list[tuple[str, int]]:
    events = [event for event in call.events if isinstance(event, QualityChanged)]
    return [(peer.peer, peer.quality) for event in events for peer in event.peers]


def test_a_voice_is_a_speaker_within_a_second() -> None:
    call, alice, voice = room()
    talk(call, alice, voice, 1.0)

    event = speakers(call)[0]
    assert event.room == "RM"
    assert [(speaker.peer, speaker.active) for speaker in event.speakers] == [("alice", True)]
    assert event.speakers[0].level * 8 % 1 == 0


@pytest.mark.parametrize("before", [0.1 * tenth for tenth in range(1, 9)])
def test_the_first_word_is_told_as_soon_as_it_is_known(before: float) -> None:
    """Whatever moment of the room's interval it is; of the track's own there may be 0.56 s."""
    call, alice, voice = room()
    call.run(before)
    voice.level = 127
    talk(call, alice, voice, 2.1)
    voice.level = 10
    began = call.now
    while not speakers(call):
        talk(call, alice, voice, 0.02)

    assert call.now - began < 0.6


def test_no_two_lists_come_within_an_interval() -> None:
    call = Call()
    others: list[tuple[Person, Microphone]] = []
    times: list[float] = []
    for number in range(7):  # they begin 140 ms after each other
        name = f"more{number}"
        person, other = call.join(name), Microphone(20 + number, level=10)
        encodings = [Encoding(0, ssrc=20 + number)]
        call.publish(person, f"TR_{name}", Kind.AUDIO, [OPUS_CODEC], encodings)
        talk(call, person, other, 0.14)
        others.append((person, other))
    for _ in range(200):
        before = len(speakers(call))
        for person, other in others:
            call.send(person, [other.make()])
        call.run(0.02)
        times += [call.now] * (len(speakers(call)) - before)

    assert len(times) > 1
    assert min(after - before for before, after in pairwise(times)) > 0.38


def test_silence_is_told_once() -> None:
    call, alice, voice = room()
    talk(call, alice, voice, 2.0)
    voice.level = 127
    talk(call, alice, voice, 3.0)

    last = speakers(call)[-1].speakers[0]
    assert (last.peer, last.level, last.active) == ("alice", 0.0, False)
    assert len([event for event in speakers(call) if not event.speakers[0].active]) == 1


def test_a_muted_voice_does_not_speak() -> None:
    call, alice, voice = room()
    talk(call, alice, voice, 2.0)
    call.plane.mute_publication(MutePublication("TR_a", True), call.now)
    talk(call, alice, voice, 1.0)

    assert not speakers(call)[-1].speakers[0].active


def test_a_voice_that_is_gone_does_not_speak() -> None:
    call, alice, voice = room()
    talk(call, alice, voice, 2.0)
    call.plane.remove_publication(RemovePublication("TR_a"), call.now)
    call.run(1.0)

    assert not speakers(call)[-1].speakers[0].active


def test_a_healthy_call_is_excellent_for_all() -> None:
    call, alice, voice = room()
    bob = call.join("bob")
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC])
    talk(call, alice, voice, 21.0)

    assert sorted(qualities(call)) == [("alice", EXCELLENT), ("bob", EXCELLENT)]


def test_a_quiet_peer_is_never_lost() -> None:
    call, alice, voice = room()
    bob = call.join("bob")
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC])
    talk(call, alice, voice, 6.0)
    disabled = UpdateSubscription("bob", "TR_a", True, 2)
    call.plane.update_subscription(disabled, call.now)
    call.run(20.0)

    assert {quality for _, quality in qualities(call)} == {EXCELLENT}


def test_loss_on_the_way_up_makes_the_publisher_poor() -> None:
    call, alice, voice = room()
    for n in range(1000):
        packet = voice.make()
        if n % 4:
            call.send(alice, [packet])
        call.run(0.02)

    assert qualities(call)[-1] == ("alice", POOR)


def test_loss_on_the_way_down_is_the_subscribers() -> None:
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    layer = Vp8Layer(10, 2, 1)
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(layer))
    call.subscribe(bob, "TR_v", 80, [VP8_CODEC])
    for n in range(600):
        call.send(alice, layer.make(call.now, key=n == 0))
        if n % 30 == 29:
            block = rtcp.ReportBlock(80, 60, n, 0, 0, 0, 0)
            call.send(bob, [bytes(rtcp.ReceiverReport(5, [block]))])
        call.run(1 / 30)

    last = dict(qualities(call))
    assert last["alice"] == EXCELLENT
    assert last["bob"] < EXCELLENT
    assert LOST not in last.values()


def test_a_translation_does_not_take_the_publishers_loss_for_its_own() -> None:
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    voice = Microphone(7)
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    call.subscribe(bob, "TR_a", 70, [RED_CODEC, OPUS_CODEC])
    missing = 0
    for n in range(2000):
        packet = voice.make()
        if n > 100 and n % 3 == 0:
            missing += 1
        else:
            call.send(alice, [packet])
        if n % 50 == 0:
            block = rtcp.ReportBlock(70, 0, missing, n, 0, 0, 0)
            call.send(bob, [bytes(rtcp.ReceiverReport(5, [block]))])
        call.run(0.02)

    assert dict(qualities(call))["bob"] == EXCELLENT
    assert dict(qualities(call))["alice"] < EXCELLENT


def test_an_empty_room_needs_no_timer() -> None:
    call, _, _ = room()
    call.run(1.0)
    call.plane.remove_client("alice/0")

    assert call.plane.next_timeout() is None


def test_a_large_room_is_judged_in_several_turns_and_told_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Media waits for each of the turns."""
    monkeypatch.setattr(observer, "AT_ONCE", 2)
    call, alice, voice = room()
    names = ["bob", "carol", "dave", "erin"]
    for ssrc, name in enumerate(names, 1000):
        call.subscribe(call.join(name), "TR_a", ssrc, [OPUS_CODEC])
    turns = 0
    talk(call, alice, voice, PlaneConfig().quality_interval - 0.1)
    while not qualities(call):
        call.now += 0.05
        call.plane.handle_timeout(call.now)
        call.flush()
        turns += 1
        assert turns < 10

    assert turns > 3
    assert sorted(peer for peer, _ in qualities(call)) == ["alice", *names]


def test_who_leaves_while_a_room_is_judged_is_not_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "AT_ONCE", 1)
    call, alice, voice = room()
    call.subscribe(call.join("bob"), "TR_a", 1000, [OPUS_CODEC])
    call.subscribe(call.join("carol"), "TR_a", 1001, [OPUS_CODEC])
    at = PlaneConfig().quality_interval
    talk(call, alice, voice, at - 0.1)
    call.now += 0.2
    call.plane.handle_timeout(call.now)
    for name in ("alice/0", "carol/0"):  # judged already, and not yet
        call.plane.remove_client(name)
    call.run(0.1)

    assert [peer for peer, _ in qualities(call)] == ["bob"]


def test_a_voice_that_moves_speaks_in_its_new_room() -> None:
    call, alice, voice = room()
    talk(call, alice, voice, 1.0)
    before = len(speakers(call))
    call.plane.move_client("alice/0", "RM_2")
    talk(call, alice, voice, 1.5)

    told = speakers(call)[before:]
    assert {event.room for event in told} == {"RM_2"}
    assert [(one.peer, one.active) for one in told[0].speakers] == [("alice", True)]
