"""What comes again, what comes late and what is heard: the same by every way through the plane."""

from sfu import extensions, red
from sfu.drop import Drop
from sfu.history import VIDEO_DEPTH
from sfu.media import Codec, Encoding, Kind
from sfu.red import RedEncoder
from tests.sim.media import DOWN, Call
from tests.sim.shapes import add_source
from tests.sim.sources import OPUS, OPUS_CODEC, RED, RED_CODEC, Microphone
from tests.sim.ways import FIRST, FRAME, VP8, VP8_LONG, WAYS, Scene


@WAYS
def test_what_was_received_is_not_forwarded_when_it_comes_again(way: str) -> None:
    scene = Scene(way, VP8)
    scene.send(FIRST[VP8.mime])
    scene.play(VP8_LONG, 1100)
    before = len(scene.bob.got[80])
    for back in (0, 1, 20, 1000):
        scene.repeat(scene.sequence - back & 0xFFFF, VP8_LONG)

    assert scene.dropped(Drop.DUPLICATE) == 4
    assert scene.call.plane.stats.repaired == 0
    assert len(scene.bob.got[80]) == before


@WAYS
def test_red_names_its_blocks_as_each_subscriber_does(way: str) -> None:
    call = Call()
    alice = call.join("alice")
    call.publish(alice, "TR_a", Kind.AUDIO, [RED_CODEC, OPUS_CODEC], [Encoding(0, ssrc=7)])
    like = [RED_CODEC, OPUS_CODEC]
    other = [Codec("audio/red", 97, 48000, 2), Codec("audio/opus", 96, 48000, 2)]
    people = [call.join(f"person {number}") for number in range(60 if way == "wide" else 2)]
    for number, person in enumerate(people):
        call.subscribe(person, "TR_a", 70, other if number % 2 else like)
    encoder, voice = RedEncoder(OPUS), Microphone(7, payload_type=RED)
    for _ in range(3):
        packets = []
        for _ in range(20):
            payload = b"opus%06d" % voice.count
            packets.append(voice.make(encoder.encode(voice.count, 960 * voice.count, payload)))
        for at in range(0, 20, 20 if way == "many" else 1):
            call.send(alice, packets[at : at + 20] if way == "many" else [packets[at]])
        call.run(0.4)

    for number, person in enumerate(people):
        named = 96 if number % 2 else OPUS
        assert len(person.got[70]) == 60
        for packet in person.got[70]:
            blocks = red.parse(packet.payload, 0, len(packet.payload))
            assert blocks is not None
            assert {block.payload_type for block in blocks} == {named}


@WAYS
def test_a_number_that_was_sent_again_often_may_be_when_it_is_another_packets(way: str) -> None:
    scene = Scene(way, VP8)
    scene.send(FIRST[VP8.mime])
    scene.play(VP8_LONG, 20)
    lost = scene.bob.got[80][-1].sequence
    for _ in range(5):
        scene.lose(lost)
        scene.play(VP8_LONG, 6)  # a moment: not too soon
    assert scene.call.plane.stats.resent == 3
    scene.play(VP8_LONG, VIDEO_DEPTH - 20)
    scene.lose(lost + VIDEO_DEPTH & 0xFFFF)  # what is kept of it stands where that one stood

    assert scene.call.plane.stats.resent == 4


@WAYS
def test_sound_leaves_before_pictures(way: str) -> None:
    scene = Scene(way, VP8)
    scene.call.publish(scene.alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    scene.call.subscribe(scene.bob, "TR_a", 70, [OPUS_CODEC])
    voice, number = Microphone(7), DOWN[extensions.TRANSPORT_CC]
    scene.send(FIRST[VP8.mime])
    for turn in range(20):
        picture = scene.make(VP8_LONG)
        company = [one.make() for one in scene.voices]
        packets = [picture, voice.make()]
        if turn > 10:  # neither is like those before
            packets = [add_source(packet) if turn % 2 else packet for packet in packets]
        scene.call.send(scene.alice, [*company, *packets])
        scene.call.run(FRAME)

        if turn < 5:  # nothing is known of the sound yet
            continue
        heard, seen = scene.bob.got[70][-1], scene.bob.got[80][-1]
        assert heard.time == seen.time
        first, second = (int.from_bytes(one.extensions[number], "big") for one in (heard, seen))
        assert second - first & 0xFFFF == 1


@WAYS
def test_a_packet_is_not_numbered_twice_however_late_it_comes_again(way: str) -> None:
    """What is sealed anew under a number that was used gives away the key (RFC 7714, section 8)."""
    scene = Scene(way, VP8)
    scene.send(FIRST[VP8.mime])
    scene.play(VP8_LONG, 20)
    late = scene.make(VP8_LONG)
    scene.play(VP8_LONG, VIDEO_DEPTH + 50)
    before = len(scene.bob.got[80])
    scene.call.send(scene.alice, [*(voice.make() for voice in scene.voices), late])

    assert len(scene.bob.got[80]) == before
    assert scene.dropped(Drop.DUPLICATE) == (61 if way == "wide" else 1)


@WAYS
def test_what_comes_late_from_just_before_the_start_is_left_out(way: str) -> None:
    scene = Scene(way, VP8)
    late = scene.make(VP8_LONG)
    scene.send(FIRST[VP8.mime])
    scene.play(VP8_LONG, 20)
    before = len(scene.bob.got[80])
    scene.call.send(scene.alice, [*(voice.make() for voice in scene.voices), late])

    assert len(scene.bob.got[80]) == before
