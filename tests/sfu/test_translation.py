"""RED publishers and Opus subscribers, and the other way round."""

from itertools import pairwise

from sfu import red, rtcp
from sfu.commands import MutePublication
from sfu.media import Codec, Encoding, Kind
from tests.sim.media import Call, Person
from tests.sim.sources import OPUS, OPUS_CODEC, RED, RED_CODEC, Microphone
from tests.sim.views import gaps, in_order

OTHER_OPUS = Codec("audio/opus", 96, 48000, 2)
OTHER_RED = Codec("audio/red", 97, 48000, 2)


class RedMicrophone(Microphone):
    """Repeats the two packets before."""

    def __init__(self, ssrc: int) -> None:
        super().__init__(ssrc, payload_type=RED)
        self.encoder = red.RedEncoder(OPUS)

    def speak(self) -> bytes:
        payload = b"opus%06d" % (self.count + 1)
        timestamp = self.timestamp + 960 & 0xFFFFFFFF
        return self.make(self.encoder.encode(self.count, timestamp, payload))


def call_with(
    published: list[Codec], subscribed: list[Codec], *, encrypted: bool = False
) -> tuple[Call, Person, Person]:
    call = Call(sealed=True)
    alice, bob = call.join("alice"), call.join("bob")
    encodings = [Encoding(0, ssrc=7)]
    call.publish(alice, "TR_a", Kind.AUDIO, published, encodings, encrypted=encrypted)
    call.subscribe(bob, "TR_a", 70, subscribed)
    return call, alice, bob


def primary(payload: bytes) -> bytes:
    blocks = red.parse(payload, 0, len(payload))
    assert blocks is not None
    return payload[blocks[-1].start : blocks[-1].end]


def test_red_is_forwarded_with_the_subscribers_numbers() -> None:
    call, alice, bob = call_with([RED_CODEC, OPUS_CODEC], [OTHER_RED, OTHER_OPUS])
    voice = RedMicrophone(7)
    for _ in range(10):
        call.send(alice, [voice.speak()])
        call.run(0.02)

    assert len(bob.got[70]) == 10
    for count, packet in enumerate(bob.got[70]):
        blocks = red.parse(packet.payload, 0, len(packet.payload))
        assert blocks is not None
        assert packet.payload_type == 97
        assert [block.payload_type for block in blocks] == [96] * min(count + 1, 3)
    assert primary(bob.got[70][-1].payload) == b"opus000010"


def test_a_subscriber_without_red_gets_opus() -> None:
    call, alice, bob = call_with([RED_CODEC, OPUS_CODEC], [OTHER_OPUS])
    voice = RedMicrophone(7)
    for _ in range(10):
        call.send(alice, [voice.speak()])
        call.run(0.02)

    assert [packet.payload for packet in bob.got[70]] == [b"opus%06d" % n for n in range(1, 11)]
    assert {packet.payload_type for packet in bob.got[70]} == {96}
    assert gaps(bob.got[70]) == []


def test_two_lost_packets_in_a_row_are_recovered_from_red() -> None:
    call, alice, bob = call_with([RED_CODEC, OPUS_CODEC], [OPUS_CODEC])
    voice = RedMicrophone(7)
    for n in range(40):
        packet = voice.speak()
        if n % 4 < 2 or n < 4:
            call.send(alice, [packet])
        call.run(0.02)

    got = in_order(bob.got[70])
    assert [packet.payload for packet in got] == [b"opus%06d" % n for n in range(1, 39)]
    assert gaps(got) == []
    times = [packet.timestamp for packet in got]
    assert {after - before & 0xFFFFFFFF for before, after in pairwise(times)} == {960}


def test_a_late_packet_that_was_recovered_is_not_sent_twice() -> None:
    call, alice, bob = call_with([RED_CODEC, OPUS_CODEC], [OPUS_CODEC])
    voice = RedMicrophone(7)
    late: list[bytes] = []
    for n in range(60):
        packet = voice.speak()
        if n % 5 == 3:
            late.append(packet)
        else:
            call.send(alice, [packet])
        if n % 20 == 19:
            call.send(alice, late)
            late.clear()
        call.run(0.02)

    numbers = [packet.sequence for packet in bob.got[70]]
    assert len(numbers) == len(set(numbers)) == 60
    assert gaps(bob.got[70]) == []
    assert bob.refused == 0


def test_a_subscriber_with_red_gets_it_from_plain_opus() -> None:
    call, alice, bob = call_with([OPUS_CODEC], [OTHER_RED, OTHER_OPUS])
    voice = Microphone(7)
    for _ in range(10):
        call.send(alice, [voice.make()])
        call.run(0.02)

    last = bob.got[70][-1]
    blocks = red.parse(last.payload, 0, len(last.payload))
    assert blocks is not None
    assert last.payload_type == 97
    assert {block.payload_type for block in blocks} == {96}
    assert [last.payload[block.start : block.end] for block in blocks] == [
        b"opus000008",
        b"opus000009",
        b"opus000010",
    ]
    assert gaps(bob.got[70]) == []


def test_a_long_packet_is_not_repeated() -> None:
    call, alice, bob = call_with([OPUS_CODEC], [RED_CODEC, OPUS_CODEC])
    voice = Microphone(7)
    for payload in (bytes(1100), b"short"):
        call.send(alice, [voice.make(payload)])

    assert [len(packet.payload) for packet in bob.got[70]] == [1101, 6]


def test_a_publisher_may_change_between_red_and_opus() -> None:
    call, alice, bob = call_with([RED_CODEC, OPUS_CODEC], [OPUS_CODEC])
    carol = call.join("carol")
    call.subscribe(carol, "TR_a", 71, [RED_CODEC, OPUS_CODEC])
    voice = RedMicrophone(7)
    for n in range(40):
        if n // 10 % 2:
            voice.payload_type = OPUS
            call.send(alice, [voice.make()])
        else:
            voice.payload_type = RED
            call.send(alice, [voice.speak()])
        call.run(0.02)

    for person, ssrc in ((bob, 70), (carol, 71)):
        assert gaps(person.got[ssrc]) == []
        assert len(person.got[ssrc]) == 40
        times = [packet.timestamp for packet in person.got[ssrc]]
        assert {after - before & 0xFFFFFFFF for before, after in pairwise(times)} == {960}
    assert [packet.payload for packet in bob.got[70]] == [b"opus%06d" % n for n in range(1, 41)]
    assert [primary(packet.payload) for packet in carol.got[71]] == [
        b"opus%06d" % n for n in range(1, 41)
    ]


def test_no_audio_comes_twice_when_the_subscribers_format_changes() -> None:
    call, alice, bob = call_with([OPUS_CODEC], [OTHER_OPUS])
    voice = Microphone(7)
    for codecs in ([OTHER_OPUS], [OTHER_RED, OTHER_OPUS], [OTHER_OPUS], [OTHER_RED, OTHER_OPUS]):
        call.subscribe(bob, "TR_a", 70, codecs)
        for _ in range(3):
            call.send(alice, [voice.make()])
            call.run(0.02)

    got = bob.got[70]
    assert [packet.payload[-10:] for packet in got] == [b"opus%06d" % n for n in range(1, 13)]
    assert {after.timestamp - before.timestamp for before, after in pairwise(got)} == {960}


def test_encrypted_audio_is_left_alone() -> None:
    call, alice, bob = call_with([RED_CODEC, OPUS_CODEC], [OTHER_RED, OTHER_OPUS], encrypted=True)
    carol = call.join("carol")
    call.subscribe(carol, "TR_a", 71, [OPUS_CODEC])
    voice = RedMicrophone(7)
    secret = bytes(range(200))
    call.send(alice, [voice.make(secret)])
    assert [packet.payload for packet in bob.got[70]] == [secret]
    assert 71 not in carol.got

    voice.payload_type = OPUS
    call.send(alice, [voice.make(secret)])
    assert [packet.payload_type for packet in bob.got[70]] == [97, 96]
    assert [packet.payload for packet in carol.got[71]] == [secret]


def test_translated_audio_can_be_asked_for_again() -> None:
    call, alice, bob = call_with([RED_CODEC, OPUS_CODEC], [OPUS_CODEC])
    voice = RedMicrophone(7)
    lost: list[bytes] = []

    def lose(person: Person, data: bytes) -> bool:
        lost.append(data)
        return True

    for n in range(10):
        call.lose = lose if n == 4 else lambda person, data: False
        call.send(alice, [voice.speak()])
        call.run(0.02)
    call.send(bob, [bytes(rtcp.Nack(5, 70, gaps(bob.got[70])))])

    assert len(lost) == 1
    assert gaps(bob.got[70]) == []
    assert in_order(bob.got[70])[4].payload == b"opus000005"


def test_audio_goes_on_after_a_mute() -> None:
    call, alice, bob = call_with([OPUS_CODEC], [OPUS_CODEC])
    voice = Microphone(7)
    for n in range(100):
        if n in (30, 60):
            call.plane.mute_publication(MutePublication("TR_a", n == 30), call.now)
        call.send(alice, [voice.make()])
        call.run(0.02)

    assert gaps(bob.got[70]) == []
    got = [packet for packet in bob.got[70] if packet.payload.startswith(b"opus")]
    assert len(got) == 70
    assert got[30].timestamp - got[29].timestamp & 0xFFFFFFFF == 31 * 960
