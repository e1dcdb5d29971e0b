import itertools

from sfu.events import LayersChanged, LayerStream, TrackStarted
from sfu.media import Encoding, Kind
from tests.sim.media import Call
from tests.sim.sources import OPUS_CODEC, VP8_CODEC, Microphone, Vp8Layer, camera
from tests.sim.views import gaps, look


def test_audio_reaches_a_subscriber_from_its_first_packet_on() -> None:
    call = Call(sealed=True)
    alice, bob = call.join("alice"), call.join("bob")
    voice = Microphone(ssrc=7)
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC])

    for _ in range(50):
        call.send(alice, [voice.make()])
        call.run(0.02)

    got = bob.got[70]
    assert [packet.payload for packet in got] == [b"opus%06d" % n for n in range(1, 51)]
    assert gaps(got) == []
    assert {b.timestamp - a.timestamp & 0xFFFFFFFF for a, b in itertools.pairwise(got)} == {960}
    assert call.events[0] == TrackStarted("alice", "TR_a", "audio/opus")


def test_a_single_layer_of_video_reaches_a_subscriber() -> None:
    call = Call(sealed=True)
    alice, bob = call.join("alice"), call.join("bob")
    layer = Vp8Layer(ssrc=8, quality=2, seed=1)
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(layer))
    call.subscribe(bob, "TR_v", 80, [VP8_CODEC], rtx_ssrc=81)

    for n in range(60):
        call.send(alice, layer.make(call.now, key=n == 0))
        call.run(1 / 30)

    views = [look(packet.payload) for packet in bob.got[80]]
    assert len(views) == 180
    assert views[0].is_key
    assert gaps(bob.got[80]) == []
    pictures = [view.picture for view in views if view.starts]
    assert {b - a & 0x7FFF for a, b in itertools.pairwise(pictures)} == {1}
    assert LayersChanged("alice", "TR_v", [2], [LayerStream(2, 8)]) in call.events
