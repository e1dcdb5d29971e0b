"""Packets in: learning of SSRCs, duplicates, probes, retransmissions, other numberings."""

import itertools

import pytest

from sfu import extensions, rtcp, rtp
from sfu.commands import UpdateSubscription
from sfu.drop import Drop
from sfu.events import TrackStarted
from sfu.media import Codec, Encoding, Kind
from tests.sim.media import UP, Call, Person
from tests.sim.sources import (
    OPUS,
    OPUS_CODEC,
    VP8,
    VP8_CODEC,
    VP8_RTX,
    Microphone,
    Vp8Layer,
    camera,
)
from tests.sim.views import gaps, in_order, look

SIMULCAST = {**UP, extensions.RID: 5, extensions.REPAIRED_RID: 6}


def video_call(*layers: Vp8Layer, rtx: bool = True) -> tuple[Call, Person, Person]:
    call = Call()
    alice, bob = call.join("alice", up=SIMULCAST), call.join("bob")
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], camera(*layers, rtx=rtx), mid="1")
    call.subscribe(bob, "TR_v", 80, [VP8_CODEC], rtx_ssrc=81)
    return call, alice, bob


def rtx(layer: Vp8Layer, packet: bytes, *, ssrc: int = 0, elements: bytes = b"") -> bytes:
    header = rtp.Header()
    header.read(packet, len(packet))
    payload = header.sequence.to_bytes(2, "big") + packet[header.payload :]
    return rtp.build(
        VP8_RTX, 1, header.timestamp, ssrc or layer.ssrc + 1000, payload, marker=header.marker,
        extension=elements,
    )  # fmt: skip


def test_layers_are_learnt_from_mid_and_rid() -> None:
    call = Call()
    alice, bob = call.join("alice", up=SIMULCAST), call.join("bob")
    layers = [Vp8Layer(10 + n, n, n, mid="1", rid="qhf"[n]) for n in range(3)]
    encodings = [Encoding(n, "qhf"[n]) for n in range(3)]
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], encodings, mid="1")
    call.subscribe(bob, "TR_v", 80, [VP8_CODEC], quality=1)
    for n in range(10):
        for layer in layers:
            call.send(alice, layer.make(call.now, key=n == 0))
        call.run(1 / 30)

    assert look(bob.got[80][-1].payload).layer == 1
    assert not call.plane.stats.dropped[Drop.UNKNOWN_STREAM]


def test_the_only_layer_is_learnt_from_mid() -> None:
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    layer = Vp8Layer(10, 2, 1, mid="1")
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0)], mid="0")
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], [Encoding(2)], mid="1")
    call.subscribe(bob, "TR_v", 80, [VP8_CODEC])
    call.send(alice, layer.make(call.now, key=True))

    assert len(bob.got[80]) == 3


def test_a_payload_type_is_enough_when_only_one_track_has_it() -> None:
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0)], mid="0")
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC])
    call.send(alice, [Microphone(5).make()])
    assert len(bob.got[70]) == 1

    call.publish(alice, "TR_b", Kind.AUDIO, [OPUS_CODEC], [Encoding(0)], mid="2")
    call.send(alice, [Microphone(6).make()])
    assert call.plane.stats.dropped[Drop.UNKNOWN_STREAM] == 1


def test_retransmissions_are_learnt_from_repaired_rid_before_any_media() -> None:
    layer = Vp8Layer(0, 2, 1, mid="1", rid="f")
    call = Call()
    alice, bob = call.join("alice", up=SIMULCAST), call.join("bob")
    call.publish(alice, "TR_v", Kind.VIDEO, [VP8_CODEC], [Encoding(2, "f")], mid="1")
    call.subscribe(bob, "TR_v", 80, [VP8_CODEC])
    layer.ssrc = 10
    named = extensions.build([(4, b"1"), (6, b"f")])
    probe = rtp.build(VP8_RTX, 1, 5, 500, extension=named, padding=200)
    call.send(alice, [probe])
    frame = layer.make(call.now, key=True)
    call.send(alice, [frame[0], frame[2]])
    call.send(alice, [rtx(layer, frame[1], ssrc=500)])

    assert gaps(bob.got[80]) == []
    assert len(bob.got[80]) == 3
    assert call.plane.stats.dropped == {Drop.PADDING: 1}


def test_media_of_nobody_knows_what_is_dropped_and_named() -> None:
    call = Call()
    alice = call.join("alice")
    for ssrc in range(1000):
        call.send(alice, [Microphone(ssrc + 1).make()])

    assert call.plane.stats.dropped == {Drop.UNKNOWN_STREAM: 1000}


def test_one_client_has_a_bounded_number_of_sources() -> None:
    call = Call()
    alice = call.join("alice")
    encodings = [Encoding(0)]
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], encodings)
    for ssrc in range(1000):
        call.send(alice, [Microphone(ssrc + 1).make()])

    client = call.plane._state.by_name["alice/0"]
    assert len(client.sources) <= 2
    assert len(call.plane._state.streams) == 1


def test_duplicates_go_nowhere() -> None:
    layer = Vp8Layer(10, 2, 1)
    call, alice, bob = video_call(layer)
    frame = layer.make(call.now, key=True)
    call.send(alice, frame + frame[::-1])

    assert len(bob.got[80]) == 3
    assert call.plane.stats.dropped[Drop.DUPLICATE] == 3


def test_thousands_of_probes_on_the_media_leave_no_gap() -> None:
    layer = Vp8Layer(10, 2, 1)
    call, alice, bob = video_call(layer)
    for n in range(100):
        frame = layer.make(call.now, key=n == 0)
        probes = [layer.wrap(b"", call.now, padding=255) for _ in range(50)]
        call.send(alice, frame + probes)
        call.run(1 / 30)

    assert call.plane.stats.dropped[Drop.PADDING] == 5000
    assert len(bob.got[80]) == 300
    assert gaps(bob.got[80]) == []
    assert not any(isinstance(packet, rtcp.Nack) for packet in alice.control)


def test_lost_packets_are_asked_for_and_taken_from_rtx() -> None:
    layer = Vp8Layer(10, 2, 1)
    call, alice, bob = video_call(layer)
    call.send(alice, layer.make(call.now, key=True))
    frame = layer.make(call.now)
    call.send(alice, [frame[0], frame[2]])
    call.run(0.03)
    nacks = [packet for packet in alice.control if isinstance(packet, rtcp.Nack)]
    assert [(nack.media, nack.sequences) for nack in nacks] == [
        (10, [int.from_bytes(frame[1][2:4], "big")])
    ]

    call.send(alice, [rtx(layer, frame[1])])
    assert gaps(bob.got[80]) == []
    assert [look(packet.payload).index for packet in in_order(bob.got[80])] == [0, 1, 2, 0, 1, 2]
    assert call.plane.stats.repaired == 1


def test_a_retransmission_never_starts_a_track() -> None:
    layer = Vp8Layer(10, 2, 1)
    call, alice, bob = video_call(layer)
    call.send(alice, [rtx(layer, packet) for packet in layer.make(call.now, key=True)])

    assert 80 not in bob.got
    assert not any(isinstance(event, TrackStarted) for event in call.events)


@pytest.mark.parametrize("jump", [2000, 40000, 60000])
def test_another_numbering_goes_on_at_a_key_frame(jump: int) -> None:
    layer = Vp8Layer(10, 2, 1)
    call, alice, bob = video_call(layer)
    for n in range(60):
        if n == 30:
            layer.sequence = layer.sequence + jump & 0xFFFF
            layer.start = layer.start + 12345678 & 0xFFFFFFFF
        pli = [p for p in alice.control if isinstance(p, rtcp.Pli)]
        alice.control.clear()
        call.send(alice, layer.make(call.now, key=n == 0 or bool(pli)))
        call.run(1 / 30)

    views = [look(packet.payload) for packet in in_order(bob.got[80])]
    assert gaps(bob.got[80]) == []
    assert views[-1].frame == 60
    times = [packet.timestamp for packet in in_order(bob.got[80])]
    assert all(b - a & 0xFFFFFFFF < 90000 * 5 for a, b in itertools.pairwise(times))


def test_a_layer_that_comes_by_another_ssrc_goes_on() -> None:
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0)])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC])
    for ssrc in (5, 6):
        voice = Microphone(ssrc)
        voice.sequence = ssrc * 10000
        for _ in range(20):
            call.send(alice, [voice.make()])
            call.run(0.02)

    assert len(bob.got[70]) == 40
    assert gaps(bob.got[70]) == []


def test_a_payload_type_that_was_not_agreed_leaves_no_gap() -> None:
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    voice = Microphone(5)
    call.publish(alice, "TR_a", Kind.AUDIO, [OPUS_CODEC], [Encoding(0, ssrc=5)])
    call.subscribe(bob, "TR_a", 70, [OPUS_CODEC])
    for n in range(30):
        voice.payload_type = 126 if n % 3 == 1 else OPUS
        call.send(alice, [voice.make()])

    assert len(bob.got[70]) == 20
    assert gaps(bob.got[70]) == []
    assert call.plane.stats.dropped[Drop.UNKNOWN_PAYLOAD_TYPE] == 10
    call.run(1.1)
    reports = [packet for packet in alice.control if isinstance(packet, rtcp.ReceiverReport)]
    assert [block.lost for report in reports for block in report.blocks] == [0]


def test_a_broken_vp8_payload_leaves_no_gap() -> None:
    layer = Vp8Layer(10, 2, 1)
    call, alice, bob = video_call(layer)
    call.send(alice, layer.make(call.now, key=True))
    call.send(alice, [layer.wrap(b"\x80", call.now)])
    call.send(alice, layer.make(call.now))

    assert len(bob.got[80]) == 6
    assert gaps(bob.got[80]) == []
    assert call.plane.stats.dropped[Drop.MALFORMED] == 1


def test_h264_starts_at_its_parameter_sets() -> None:
    codec = Codec("video/h264", 102, 90000, rtx=103)
    call = Call()
    alice, bob = call.join("alice"), call.join("bob")
    call.publish(alice, "TR_v", Kind.VIDEO, [codec], [Encoding(2, ssrc=10)])
    call.subscribe(bob, "TR_v", 80, [codec])
    units = [b"\x41slice", b"\x67\x42\x00\x1f", b"\x68\xce", b"\x65idr", b"\x41slice"]
    times = [1, 2, 2, 2, 3]
    for n, (unit, time) in enumerate(zip(units, times, strict=True)):
        call.send(alice, [rtp.build(102, 100 + n, time * 3000, 10, unit)])

    assert [packet.payload for packet in bob.got[80]] == units[1:]


def test_the_rest_of_a_frame_above_the_cap_is_left_out_though_a_probe_overtook_it() -> None:
    layer = Vp8Layer(10, 2, seed=3, temporal=True)
    call, alice, bob = video_call(layer)
    call.plane.update_subscription(UpdateSubscription("bob", "TR_v", False, 2, 7), call.now)
    call.send(alice, layer.make(call.now, key=True))
    for now in (1.0, 2.0, 3.0):
        first, *rest = layer.make(call.now + now)
        probe = layer.wrap(b"", call.now + now, padding=99)
        call.send(alice, [first, probe, *rest])
    call.send(alice, layer.make(call.now + 4.0))

    views = [look(packet.payload) for packet in bob.got[80]]
    assert [(view.frame, view.index) for view in views] == [
        (1, 0), (1, 1), (1, 2), (5, 0), (5, 1), (5, 2)
    ]  # fmt: skip
    assert views[3].picture == views[0].picture + 1
    assert gaps(bob.got[80]) == []


def test_a_late_packet_from_before_the_start_shifts_no_numbers() -> None:
    layer = Vp8Layer(10, 2, seed=3, temporal=True)
    call, alice, bob = video_call(layer)
    call.plane.update_subscription(UpdateSubscription("bob", "TR_v", True, 2), call.now)
    call.send(alice, layer.make(call.now, key=True))
    late, *rest = layer.make(call.now + 1.0)
    call.send(alice, rest)
    call.plane.update_subscription(UpdateSubscription("bob", "TR_v", False, 2, 15), call.now)
    call.send(alice, [*layer.make(call.now + 2.0, key=True), late])
    for now in (3.0, 4.0):  # of the highest temporal layer, and of the middle one
        call.send(alice, layer.make(call.now + now))

    views = [look(packet.payload) for packet in bob.got[80]]
    assert [(view.frame, view.index) for view in views] == [
        (3, 0), (3, 1), (3, 2), (5, 0), (5, 1), (5, 2)
    ]  # fmt: skip
    assert gaps(bob.got[80]) == []


def test_datagrams_that_are_not_media_come_back() -> None:
    call = Call()
    alice = call.join("alice")
    stun, dtls = b"\x00\x01" + bytes(18), b"\x16\xfe\xfd" + bytes(10)
    media = rtp.build(VP8, 1, 1, 9, b"x")

    assert call.receive([stun, media, b"", dtls, b"\x80"], alice.path) == [0, 2, 3, 4]
    assert call.receive([media], (0, ("203.0.113.9", 9))) == [0]


def test_a_datagram_beyond_the_mtu_is_dropped() -> None:
    call = Call()
    alice = call.join("alice")

    assert call.receive([rtp.build(OPUS, 1, 1, 9, bytes(1501))], alice.path) == []
    assert call.plane.stats.dropped == {Drop.MALFORMED: 1}


def test_media_before_the_keys_is_dropped() -> None:
    call = Call()
    alice = call.join("alice", ready=False)
    call.send(alice, [Microphone(5).make()])

    assert call.plane.stats.dropped == {Drop.NOT_READY: 1}
