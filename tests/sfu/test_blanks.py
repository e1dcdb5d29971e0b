from itertools import pairwise

import av
import pytest

from sfu.blanks import H264_BLACK
from sfu.commands import (
    MutePublication,
    RemovePublication,
    RemoveSubscription,
    UpdateSubscription,
)
from sfu.media import Codec, Encoding, Kind
from sfu.ring import KEPT
from simulcast.descriptors.vp8 import Descriptor
from tests.sim.media import Call, Got, Person
from tests.sim.sources import OPUS_CODEC, RED_CODEC, VP8_CODEC, Microphone, Vp8Layer, camera
from tests.sim.views import gaps, look

SILENCE = bytes.fromhex("f8fffe")
BOTH = [RED_CODEC, OPUS_CODEC]
MUTE, UNMUTE = MutePublication("TR_a", muted=True), MutePublication("TR_a", muted=False)


class Talk:
    """Alice talks, Bob hears her."""

    def __init__(
        self, codecs: list[Codec] | None = None, *, encrypted: bool = False, trailer: bytes = b""
    ) -> None:
        codecs = codecs or [OPUS_CODEC]
        self.call = Call(sealed=True)
        self.alice, self.bob = self.call.join("alice"), self.call.join("bob")
        self.voice = Microphone(ssrc=7, payload_type=codecs[0].payload_type)
        sound = [Encoding(0, ssrc=7)]
        self.call.publish(self.alice, "TR_a", Kind.AUDIO, codecs, sound, encrypted=encrypted)
        self.call.subscribe(self.bob, "TR_a", 70, codecs, trailer=trailer)
        self.talk(10)

    def talk(self, count: int) -> None:
        for _ in range(count):
            self.call.send(self.alice, [self.voice.make()])
            self.call.run(0.02)

    def got(self) -> list[Got]:
        """What has come since the last time."""
        got, self.bob.got[70] = self.bob.got[70], self.bob.got[70][-1:]
        return got


def steps(packets: list[Got]) -> set[int]:
    return {b.timestamp - a.timestamp & 0xFFFFFFFF for a, b in pairwise(packets)}


def test_a_second_of_silence_follows_sound_that_is_muted() -> None:
    talk = Talk()
    talk.got()
    talk.call.plane.mute_publication(MUTE, talk.call.now)
    talk.call.run(3.0)

    _, *silent = got = talk.got()
    assert {packet.payload for packet in silent} == {SILENCE}
    assert all(packet.marker for packet in silent)
    assert 49 <= len(silent) <= 51
    assert silent[-1].time - silent[0].time == pytest.approx(1.0, abs=0.05)
    assert gaps(got) == []
    assert steps(got) == {960}


def test_it_ends_when_the_publisher_speaks_again() -> None:
    talk = Talk()
    talk.call.plane.mute_publication(MUTE, talk.call.now)
    talk.call.run(0.1)
    talk.got()
    talk.call.plane.mute_publication(UNMUTE, talk.call.now)
    talk.talk(20)
    talk.call.run(2.0)

    got = talk.got()
    voices = [packet for packet in got if packet.payload != SILENCE]
    assert got[-20:] == voices
    assert len(got) < 25
    assert gaps(got) == []
    assert talk.bob.refused == 0
    assert all(0 < step < 4800 for step in steps(got))


def test_who_turns_a_sound_off_gets_silence_too() -> None:
    talk = Talk()
    talk.got()
    off = UpdateSubscription("bob", "TR_a", disabled=True, quality=2)
    for _ in range(2):  # the second one says nothing new
        talk.call.plane.update_subscription(off, talk.call.now)
    talk.call.run(0.5)
    assert len(talk.got()) == pytest.approx(26, abs=1)
    talk.call.plane.mute_publication(MUTE, talk.call.now)
    talk.call.run(2.0)
    assert len(talk.got()) == pytest.approx(26, abs=1)


def test_silence_is_in_the_form_that_was_sent_last() -> None:
    talk = Talk(BOTH)
    talk.got()
    talk.call.plane.mute_publication(MUTE, talk.call.now)
    talk.call.run(0.1)
    last = talk.got()[-1]
    assert last.payload_type == RED_CODEC.payload_type
    assert last.payload == bytes([OPUS_CODEC.payload_type]) + SILENCE


def test_nobody_hears_silence_of_what_was_never_sent() -> None:
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC])
    call.plane.mute_publication(MUTE, call.now)
    call.run(1.0)
    call.plane.remove_subscription(RemoveSubscription("bob", "TR_a"), call.now)
    call.flush()
    assert 70 not in bob.got


def test_silence_in_an_encrypted_track_has_the_trailer() -> None:
    talk = Talk(encrypted=True, trailer=b"not encrypted")
    talk.got()
    talk.call.plane.mute_publication(MUTE, talk.call.now)
    talk.call.run(0.1)
    assert talk.got()[-1].payload == SILENCE + b"not encrypted"


def test_a_subscription_that_ends_while_it_is_silent_leaves_nothing_behind() -> None:
    talk = Talk()
    talk.call.plane.mute_publication(MUTE, talk.call.now)
    talk.call.run(0.1)
    talk.got()
    talk.call.plane.remove_subscription(RemoveSubscription("bob", "TR_a"), talk.call.now)
    talk.call.run(2.0)
    got = talk.got()
    assert len(got) == 3
    assert gaps(got) == []


def test_sound_that_is_unpublished_ends_with_silence() -> None:
    talk = Talk()
    talk.got()
    talk.call.plane.remove_publication(RemovePublication("TR_a"), talk.call.now)
    talk.call.run(1.0)
    got = talk.got()
    assert [packet.payload for packet in got[1:]] == [SILENCE] * 2
    assert gaps(got) == []


# ---- pictures


def watch(
    codec: Codec = VP8_CODEC, *, encrypted: bool = False, trailer: bytes = b"", wide: bool = True
) -> tuple[Call, Person, Person]:
    """Alice is seen by Bob."""
    call = Call(sealed=True)
    alice, bob = call.join("alice"), call.join("bob")
    layer = Vp8Layer(ssrc=8, quality=2, seed=1, wide=wide)
    call.publish(alice, "TR_v", Kind.VIDEO, [codec, VP8_CODEC], camera(layer), encrypted=encrypted)
    call.subscribe(bob, "TR_v", 80, [codec, VP8_CODEC], rtx_ssrc=81, trailer=trailer)
    for number in range(20):
        call.send(alice, layer.make(call.now, key=number == 0))
        call.run(1 / 30)
    assert len(bob.got[80]) == 60
    return call, alice, bob


def decode(codec: str, frames: list[bytes]) -> list[av.VideoFrame]:
    decoder = av.CodecContext.create(codec, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    return [shown for frame in frames for shown in decoder.decode(av.Packet(frame))]


def test_ids_that_are_long_past_are_not_told() -> None:
    call, _, bob = watch()
    call.plane.mute_publication(MutePublication("TR_v", muted=True), call.now)
    call.run(1.0)
    for _ in range(4):  # the ring's oldest blocks are filled again
        call.run(1.5)
        call.ring.tick(call.now)
        for _ in range(KEPT):
            call.ring.keep(b"")
    call.plane.remove_subscription(RemoveSubscription("bob", "TR_v"), call.now)
    call.flush()
    black = bob.got[80][60:]
    assert [packet.payload[:2] for packet in black] == [b"\x10\x70"] * 3
    assert gaps(bob.got[80]) == []


@pytest.mark.parametrize("wide", [True, False])
def test_a_video_ends_with_black_key_frames(wide: bool) -> None:
    call, _, bob = watch(wide=wide)
    call.plane.remove_subscription(RemoveSubscription("bob", "TR_v"), call.now)
    call.flush()

    last = bob.got[80][59]
    black = bob.got[80][60:]
    assert len(black) == 3
    assert gaps(bob.got[80]) == []
    assert all(packet.marker for packet in black)
    times = [packet.timestamp for packet in (last, *black)]
    assert all(2900 <= b - a & 0xFFFFFFFF <= 6100 for a, b in pairwise(times))
    counting, size = look(last.payload), 1 << (15 if wide else 7)
    frames, found = [], Descriptor()
    for number, packet in enumerate(black, 1):
        assert found.read(packet.payload, 0, len(packet.payload))
        assert found.starts
        assert found.is_key
        assert found.picture_id == (counting.picture + number) % size
        assert found.tl0 == (counting.tl0 + number) % 256
        assert found.key_index == (counting.key + number) % 32
        frames.append(packet.payload[found.payload :])
    shown = decode("vp8", frames)
    assert len(shown) == 3
    assert all(frame.to_ndarray(format="gray").max() == 0 for frame in shown)


def test_h264_ends_with_black_key_frames_in_units_of_their_own() -> None:
    call = Call(sealed=True)
    alice, bob = call.join("alice"), call.join("bob")
    layer = Vp8Layer(ssrc=8, quality=2, seed=1)
    h264 = Codec("video/h264", 96, 90000, fmtp="packetization-mode=0")
    call.publish(alice, "TR_v", Kind.VIDEO, [h264], camera(layer))
    call.subscribe(bob, "TR_v", 80, [h264])
    sps = H264_BLACK[0]
    call.send(alice, [layer.wrap(sps, call.now), layer.wrap(b"\x65picture", call.now, marker=True)])
    assert len(bob.got[80]) == 2
    call.plane.remove_publication(RemovePublication("TR_v"), call.now)
    call.flush()

    black = bob.got[80][2:]
    assert gaps(bob.got[80]) == []
    assert [packet.marker for packet in black] == [False, False, True] * 3
    assert len({packet.timestamp for packet in black}) == 3
    frame = b"".join(b"\0\0\0\1" + packet.payload for packet in black[:3])
    (shown,) = decode("h264", [frame, b""])
    assert shown.to_ndarray(format="gray").max() == 0


def test_the_last_packet_of_an_encrypted_picture_has_the_trailer() -> None:
    call, _, bob = watch(encrypted=True, trailer=b"not encrypted")
    call.plane.remove_subscription(RemoveSubscription("bob", "TR_v"), call.now)
    call.flush()
    assert all(packet.payload.endswith(b"not encrypted") for packet in bob.got[80][60:])
    assert len(bob.got[80]) == 63


def test_a_video_of_other_formats_just_ends() -> None:
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    layer = Vp8Layer(ssrc=8, quality=2, seed=1)
    opaque = Codec("video/x", 96, 90000)
    call.publish(alice, "TR_v", Kind.VIDEO, [opaque], camera(layer))
    call.subscribe(bob, "TR_v", 80, [opaque])
    call.send(alice, layer.make(call.now, key=True))
    before = len(bob.got[80])
    call.plane.remove_subscription(RemoveSubscription("bob", "TR_v"), call.now)
    call.flush()
    assert len(bob.got[80]) == before


def test_a_video_that_is_muted_just_pauses() -> None:
    call, _, bob = watch()
    call.plane.mute_publication(MutePublication("TR_v", muted=True), call.now)
    call.run(2.0)
    assert len(bob.got[80]) == 60


def test_a_stream_that_gets_another_codec_goes_on_without_black() -> None:
    call, _, bob = watch()
    ending = RemoveSubscription("bob", "TR_v", goes_on=True)
    call.plane.remove_subscription(ending, call.now)
    call.run(1.0)
    assert len(bob.got[80]) == 60


def test_who_leaves_ends_in_black_for_the_others() -> None:
    call, _, bob = watch()
    call.plane.remove_client("alice/0")
    call.flush()
    assert len(bob.got[80]) == 63


def test_who_leaves_gets_nothing_more() -> None:
    call, _, bob = watch()
    call.plane.remove_client("bob/0")
    call.flush()
    assert len(bob.got[80]) == 60
