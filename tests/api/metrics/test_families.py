"""Counters of a call come out under their names."""

import pytest
from prometheus_client import generate_latest

from sfu import rtcp
from sfu.data import DataDrop
from sfu.datatracks import FrameDrop
from sfu.drop import Drop
from sfu.media import Encoding, Kind
from sfu.stats import BATCH_SIZES, PAUSES, NodeStats, Stats
from sfu.transport.reject import Reject
from tests.api.metrics.reading import Reading, Told
from tests.sim.media import Call
from tests.sim.sources import OPUS_CODEC, VP8_CODEC, Microphone, Vp8Layer, camera


def read(*nodes: NodeStats) -> Reading:
    return Reading(generate_latest(Told(*nodes)).decode())  # type: ignore[arg-type]


def of(call: Call) -> NodeStats:
    stats = NodeStats.of(call.plane.stats)
    stats.published, stats.subscribed = call.plane.tracks()
    stats.dropped = {str(reason): n for reason, n in call.plane.stats.dropped.items()}
    return stats


@pytest.fixture
def call() -> Call:
    """Alice is heard by two others."""
    call = Call(sealed=True)
    alice, bob, cat = call.join("alice"), call.join("bob"), call.join("cat")
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=7)])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC])
    call.subscribe(cat, "TR_a", 70, [OPUS_CODEC])
    return call


def speak(call: Call, voice: Microphone, packets: int) -> None:
    (alice, *_) = call.people.values()
    for _ in range(packets):
        call.send(alice, [voice.make()])
        call.run(0.02)


def test_packets_of_a_call_are_counted_each_way(call: Call) -> None:
    voice = Microphone(ssrc=7)
    speak(call, voice, 10)
    before = read(of(call))
    speak(call, voice, 20)
    after = read(of(call))

    def grown(name: str, **labels: str) -> float:
        return after(name, **labels) - before(name, **labels)

    assert grown("livekit_packet_total", direction="incoming", transmission="initial") == 20
    assert grown("livekit_packet_total", direction="outgoing", transmission="initial") == 40
    assert grown("livekit_packet_total", direction="outgoing", transmission="retransmit") == 0
    incoming = grown("livekit_packet_bytes", direction="incoming")
    outgoing = grown("livekit_packet_bytes", direction="outgoing")
    assert 20 * 20 < incoming < outgoing
    assert grown("housecall_batch_datagrams_count") == 20
    assert grown("housecall_batch_datagrams_sum") == 20
    assert grown("housecall_batch_datagrams_bucket", le="1.0") == 20


def test_a_track_in_two_codecs_is_one(call: Call) -> None:
    alice, bob, cat = call.people.values()
    for track, layer in (("TR_v", Vp8Layer(8, 2, 1)), ("TR_v/vp8", Vp8Layer(9, 2, 2))):
        call.publish(alice, track, Kind.VIDEO, [VP8_CODEC], camera(layer), mid=track)
    call.subscribe(bob, "TR_v", 80, [VP8_CODEC])
    call.subscribe(cat, "TR_v/vp8", 80, [VP8_CODEC])
    told = read(of(call))
    assert told("livekit_track_published_total", kind="VIDEO") == 1
    assert told("livekit_track_subscribed_total", kind="VIDEO") == 2
    assert told("livekit_track_published_total", kind="AUDIO") == 1


def test_tracks_are_told_by_kind(call: Call) -> None:
    told = read(of(call))

    assert told("livekit_track_published_total", kind="AUDIO") == 1
    assert told("livekit_track_subscribed_total", kind="AUDIO") == 2


def test_what_subscribers_ask_for_is_counted(call: Call) -> None:
    speak(call, Microphone(ssrc=7), 10)
    (_, bob, _) = call.people.values()
    gone = [bob.got[70][0].sequence - 100 & 0xFFFF]
    call.send(bob, [bytes(rtcp.Nack(5, 70, gone)), bytes(rtcp.Pli(5, 70))])
    told = read(of(call))

    assert told("livekit_nack_total", direction="incoming") == 1
    assert told("livekit_pli_total", direction="incoming") == 1
    assert told("housecall_dropped_total", reason=Drop.NOT_IN_HISTORY.value) == 1


def test_a_retransmission_is_told_apart() -> None:
    told = read(NodeStats.of(Stats(packets_out=10, resent=3, packets_in=5, repaired=1)))

    assert told("livekit_packet_total", direction="outgoing", transmission="initial") == 7
    assert told("livekit_packet_total", direction="outgoing", transmission="retransmit") == 3
    assert told("livekit_packet_total", direction="incoming", transmission="initial") == 4
    assert told("livekit_packet_total", direction="incoming", transmission="retransmit") == 1


def test_what_has_not_happened_yet_is_told_as_zero() -> None:
    told = read(NodeStats(dropped={Drop.MUTED.value: 3}))

    for reason in (Drop.NO_PATH, DataDrop.REPEATED, FrameDrop.MALFORMED, Reject.FORGED_RECORD):
        assert told("housecall_dropped_total", reason=reason.value) == 0
    assert told("housecall_dropped_total", reason=Drop.MUTED.value) == 3


def test_each_media_process_has_a_label() -> None:
    text = generate_latest(Told(NodeStats(node="a", rooms=1), NodeStats(node="b", rooms=2)))  # type: ignore[arg-type]

    assert b'livekit_room_total{node="a"} 1.0' in text
    assert b'livekit_room_total{node="b"} 2.0' in text


def test_a_bucket_holds_those_before_it_too() -> None:
    pauses = [0] * (len(PAUSES) + 1)
    pauses[0], pauses[1], pauses[-1] = 2, 1, 1
    told = read(NodeStats(gc_pauses=pauses, gc_seconds=0.5))

    assert told("housecall_gc_pause_seconds_bucket", le="0.0001") == 2
    assert told("housecall_gc_pause_seconds_bucket", le="0.00025") == 3
    assert told("housecall_gc_pause_seconds_bucket", le="+Inf") == 4
    assert told("housecall_gc_pause_seconds_count") == 4
    assert told("housecall_gc_pause_seconds_sum") == 0.5


def test_work_between_drains_is_a_histogram() -> None:
    slow = [3] + [0] * len(PAUSES)
    told = read(NodeStats(slow=slow, slow_seconds=0.25))

    assert told("housecall_slow_path_seconds_bucket", le="0.0001") == 3
    assert told("housecall_slow_path_seconds_count") == 3
    assert told("housecall_slow_path_seconds_sum") == 0.25


def test_no_label_can_name_a_person_or_a_room(call: Call) -> None:
    speak(call, Microphone(ssrc=7), 3)

    assert read(of(call)).labels <= {"node", "direction", "transmission", "kind", "reason", "le"}


def test_what_counts_up_is_a_counter_and_what_is_there_now_is_not() -> None:
    types = read(NodeStats()).types

    assert types["livekit_packet"] == types["housecall_loop_busy_seconds"] == "counter"
    assert types["livekit_room_total"] == types["housecall_node_memory_bytes"] == "gauge"
    assert types["housecall_batch_datagrams"] == "histogram"
    assert len(BATCH_SIZES) == 10
