from itertools import pairwise

from sfu.commands import MutePublication
from sfu.media import Codec, Encoding, Kind
from tests.sim.media import Call, Person
from tests.sim.sources import OPUS_CODEC, RED_CODEC, VP8_CODEC, Microphone, Vp8Layer, camera
from tests.sim.views import gaps

SILENCE = bytes.fromhex("f8fffe")
BOTH = [RED_CODEC, OPUS_CODEC]


def muted_sound(codecs: list[Codec], *, encrypted: bool = False) -> tuple[Call, Person, Person]:
    call = Call(sealed=True)
    alice, bob = call.join("alice"), call.join("bob")
    call.publish(
        alice, "TR_a", Kind.AUDIO, codecs, [Encoding(0, ssrc=7)], muted=True, encrypted=encrypted
    )
    return call, alice, bob


def test_a_client_that_needs_packets_gets_silence_of_a_muted_track() -> None:
    call, _, bob = muted_sound([OPUS_CODEC])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC], is_opened=True)

    call.run(0.08)
    assert 70 not in bob.got
    call.run(0.42)

    got = bob.got[70]
    assert {packet.payload for packet in got} == {SILENCE}
    assert {packet.payload_type for packet in got} == {OPUS_CODEC.payload_type}
    assert gaps(got) == []
    assert [b.timestamp - a.timestamp & 0xFFFFFFFF for a, b in pairwise(got)] == [4800, 9600]


def test_it_comes_ever_more_seldom_and_ends_within_five_seconds() -> None:
    call, _, bob = muted_sound([OPUS_CODEC])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC], is_opened=True)
    call.run(4.0)
    assert [round(packet.time - bob.got[70][0].time, 2) for packet in bob.got[70]] == [
        0,
        0.1,
        0.3,
        0.7,
        1.5,
        3.1,
    ]
    call.run(10.0)
    assert len(bob.got[70]) == 6


def test_other_clients_get_nothing_before_the_publisher_sends() -> None:
    call, _, bob = muted_sound([OPUS_CODEC])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC])
    call.run(6.0)
    assert 70 not in bob.got


def test_silence_in_red_has_one_block_of_the_subscriber_s_opus() -> None:
    call, _, bob = muted_sound(BOTH)
    call.subscribe(bob, "TR_a", 70, BOTH, is_opened=True)
    call.run(0.15)
    first = bob.got[70][0]
    assert first.payload_type == RED_CODEC.payload_type
    assert first.payload == bytes([OPUS_CODEC.payload_type]) + SILENCE


def test_a_telephone_s_silence_is_another() -> None:
    pcmu = Codec("audio/pcmu", 0, 8000, 1)
    call, _, bob = muted_sound([pcmu])
    call.subscribe(bob, "TR_a", 70, [pcmu], is_opened=True)
    call.run(0.25)
    first, second = bob.got[70]
    assert (first.payload_type, first.payload) == (0, b"\xff" * 160)
    assert second.timestamp - first.timestamp & 0xFFFFFFFF == 800


def test_silence_in_an_encrypted_track_has_the_trailer() -> None:
    call, _, bob = muted_sound([OPUS_CODEC], encrypted=True)
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC], is_opened=True, trailer=b"not encrypted")
    call.run(0.15)
    assert bob.got[70][0].payload == SILENCE + b"not encrypted"


def test_the_publisher_s_own_packets_follow_without_a_gap() -> None:
    call, alice, bob = muted_sound([OPUS_CODEC])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC], is_opened=True)
    call.run(1.0)
    silent = len(bob.got[70])
    voice = Microphone(ssrc=7)
    call.plane.mute_publication(MutePublication("TR_a", muted=False), call.now)
    for _ in range(20):
        call.send(alice, [voice.make()])
        call.run(0.02)

    got = bob.got[70]
    assert [packet.payload for packet in got[silent:]] == [b"opus%06d" % n for n in range(1, 21)]
    assert gaps(got) == []
    assert bob.refused == 0
    step = got[silent].timestamp - got[silent - 1].timestamp & 0xFFFFFFFF
    elapsed = got[silent].time - got[silent - 1].time
    assert abs(step / 48000 - elapsed) <= 0.02


def test_what_is_sent_already_is_not_opened() -> None:
    call = Call(sealed=True)
    alice, bob = call.join("alice"), call.join("bob")
    voice = Microphone(ssrc=7)
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    call.send(alice, [voice.make()])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC], is_opened=True)
    for _ in range(10):
        call.send(alice, [voice.make()])
        call.run(0.02)
    assert SILENCE not in {packet.payload for packet in bob.got[70]}


def test_video_is_opened_by_padding() -> None:
    call = Call(sealed=True)
    alice, bob = call.join("alice"), call.join("bob")
    layer = Vp8Layer(ssrc=8, quality=2, seed=1)
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(layer), muted=True)
    call.subscribe(bob, "TR_v", 80, [VP8_CODEC], rtx_ssrc=81, is_opened=True)
    call.run(1.05)

    assert len(bob.got[80]) == 4
    assert {packet.payload for packet in bob.got[80]} == {b""}  # padding is no payload

    call.plane.mute_publication(MutePublication("TR_v", muted=False), call.now)
    for n in range(5):
        call.send(alice, layer.make(call.now, key=n == 0))
        call.run(1 / 30)
    got = bob.got[80]
    assert gaps(got) == []
    assert len(got) == 4 + 15
    assert got[4].timestamp != got[3].timestamp


def test_nothing_is_made_for_a_subscription_that_has_ended() -> None:
    call, _, bob = muted_sound([OPUS_CODEC])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC], is_opened=True)
    call.run(0.15)
    before = len(bob.got[70])
    call.plane.remove_client("bob/0")
    call.run(1.0)
    assert len(bob.got[70]) == before


def test_a_client_that_is_not_connected_yet_is_waited_for() -> None:
    call = Call()
    alice, bob = call.join("alice"), call.join("bob", ready=False)
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)], muted=True)
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC], is_opened=True)
    call.run(8.0)
    assert 70 not in bob.got
    bob.endpoint.protection = bob.own
    call.plane.connected("bob/0", call.now)
    call.run(0.5)
    assert bob.got[70][0].payload == SILENCE


def test_those_of_many_clients_leave_together() -> None:
    call = Call()
    alice = call.join("alice")
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)], muted=True)
    people = [call.join(f"viewer-{number}") for number in range(50)]
    for person in people:
        call.subscribe(person, "TR_a", 70, [OPUS_CODEC], is_opened=True)
        call.run(0.001)
    call.run(1.0)
    moments = {round(packet.time, 6) for person in people for packet in person.got[70]}
    assert len(moments) <= 50  # of a second
    assert all(len(person.got[70]) >= 3 for person in people)
