"""A whole media node against simulated clients, in simulated time."""

import gc
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from livekit.protocol.models import DataPacket, UserPacket

from sfu.commands import (
    AddPeer,
    AddPublication,
    AddSubscription,
    AddTransport,
    ConnectTransport,
    RemovePeer,
)
from sfu.config import PlaneConfig
from sfu.events import (
    ChannelsClosed,
    ChannelsOpened,
    Event,
    QualityChanged,
    TrackStarted,
    TransportChanged,
    TransportState,
)
from sfu.media import Candidate, Codec, Encoding, IceCredentials, Kind
from sfu.node import LATE, MediaNode
from sfu.path import Path, Transmit
from sfu.ring import Ring
from sfu.rtp import build
from sfu.transport.certificate import Certificate
from tests.sim.peer import Peer, describe_to_server
from tests.sim.wire import Wire

CERTIFICATE = Certificate()
OPUS = Codec("audio/opus", 111, 48000, 2)
ICE = IceCredentials("server01", "server-password-0123456789")
ALICE: Path = (0, ("192.0.2.1", 5000))
BOB: Path = (0, ("192.0.2.2", 5000))
STRANGER: Path = (0, ("203.0.113.9", 9))


class Node:
    """A media node that remembers its events. A `Server` for the wire."""

    def __init__(self) -> None:
        self.media = MediaNode(
            "ND_test",
            [Candidate("udp", "192.0.2.100", 7882)],
            CERTIFICATE,
            Ring(),
            PlaneConfig(),
            randbytes=Random(1).randbytes,
        )
        self.events: list[Event] = []

    def receive_datagram(self, data: bytes, path: Path, now: float) -> None:
        self.media.receive_datagram(data, path, now)
        self.events += self.media.take_events()

    def take_transmits(self) -> list[Transmit]:
        return self.media.take_transmits()

    def next_timeout(self) -> float | None:
        return self.media.next_timeout()

    def handle_timeout(self, now: float) -> None:
        self.media.handle_timeout(now)
        self.events += self.media.take_events()

    def states(self, peer: str) -> list[TransportState]:
        changes = [e for e in self.events if isinstance(e, TransportChanged) and e.peer == peer]
        return [change.state for change in changes]


def test_the_first_client_is_judged_after_an_interval_and_not_at_once() -> None:
    node, start = Node(), 1000.0
    node.media.handle(AddPeer("RM_1", "PA_alice", "alice"), start)
    node.media.handle(AddTransport("PA_alice/0", "PA_alice", ICE), start)
    node.handle_timeout(start)
    assert node.events == []

    node.handle_timeout(start + PlaneConfig().quality_interval)
    assert [type(event) for event in node.events] == [QualityChanged]


class Call:
    """Two clients of one room, connected, their data channels open."""

    def __init__(self) -> None:
        self.node = Node()
        self.spoken = 0  # packets of Alice's microphone
        self.alice = self.enter("PA_alice", "alice", ALICE)
        self.bob = self.enter("PA_bob", "bob", BOB)
        self.wire = Wire(self.node, self.alice, self.bob)
        assert self.wire.run_until(lambda: self.opened() == {"PA_alice", "PA_bob"})
        self.wire.run(0.1)  # until the clients have our acknowledgements

    def enter(self, sid: str, identity: str, path: Path) -> Peer:
        ours = IceCredentials(f"our{identity}", f"server-password-{identity:0>16}")
        theirs = IceCredentials(f"its{identity}", f"client-password-{identity:0>16}")
        peer = Peer(path, theirs, ours, seed=len(identity))
        handle = self.node.media.handle
        handle(AddPeer("RM_1", sid, identity), 0.0)
        handle(AddTransport(f"{sid}/0", sid, ours), 0.0)
        handle(self.description(peer, sid, ours), 0.0)
        return peer

    def description(self, peer: Peer, sid: str, ours: IceCredentials) -> ConnectTransport:
        command = describe_to_server(peer, ours)
        command.transport = f"{sid}/0"
        return command

    def opened(self) -> set[str]:
        return {e.peer for e in self.node.events if isinstance(e, ChannelsOpened)}

    def publish_audio(self) -> None:
        """Alice's microphone, forwarded to Bob."""
        now = self.wire.now
        self.node.media.handle(
            AddPublication(
                "PA_alice/0", "PA_alice", "TR_1", "3", Kind.AUDIO, [OPUS], [Encoding(2, ssrc=77)]
            ),
            now,
        )
        self.node.media.handle(
            AddSubscription("PA_bob/0", "PA_bob", "TR_1", "0", [OPUS], ssrc=4711), now
        )

    def speak(self, packets: int = 10) -> None:
        for _ in range(packets):
            number, self.spoken = self.spoken, self.spoken + 1
            packet = build(111, 100 + number, 960 * number, 77, b"sound %d" % number)
            self.alice.send_rtp(packet)
            self.wire.run(0.02)
        self.wire.run(0.05)  # until the last one has arrived


def user(payload: bytes) -> bytes:
    return DataPacket(user=UserPacket(payload=payload)).SerializeToString()


def test_media_of_one_client_reaches_the_other() -> None:
    call = Call()
    call.publish_audio()

    call.speak(10)

    assert [packet[-7:] for packet in call.bob.rtp if packet[1] & 0x7F == 111] == [
        b"sound %d" % number for number in range(10)
    ]
    assert TrackStarted("PA_alice", "TR_1", "audio/opus") in call.node.events


def test_data_of_one_client_reaches_the_other_in_order() -> None:
    call = Call()
    for number in range(20):
        call.alice.send_data("_reliable", user(b"%d" % number), call.wire.now)
    call.wire.run(1.0)

    received = [DataPacket.FromString(payload) for _, payload in call.bob.data]
    assert [p.user.payload for p in received] == [b"%d" % number for number in range(20)]
    assert {p.participant_identity for p in received} == {"alice"}


def test_a_channel_that_a_client_closes_is_reported() -> None:
    call = Call()
    assert call.alice.channels is not None
    channel = call.alice.channels._by_label["_reliable"]
    call.alice.channels._association._library._data_channel_close(channel.stream)
    call.alice.send_data("_lossy", user(b"and out"), call.wire.now)
    call.wire.run(1.0)

    closed = [event for event in call.node.events if isinstance(event, ChannelsClosed)]
    assert closed == [ChannelsClosed("PA_alice/0", "PA_alice")]


def test_a_client_that_falls_silent_is_reported_and_comes_back() -> None:
    call = Call()
    call.bob.stop_checks()
    call.wire.run(12.0)
    assert call.node.states("PA_bob")[-1] is TransportState.DISCONNECTED
    assert call.node.states("PA_alice")[-1] is TransportState.CONNECTED

    call.bob.go_on_checking(call.wire.now)
    call.wire.run(1.0)
    assert call.node.states("PA_bob")[-1] is TransportState.CONNECTED


def test_a_client_that_stays_silent_has_failed() -> None:
    call = Call()
    call.bob.stop_checks()
    call.wire.run(16.0)

    assert call.node.states("PA_bob")[-1] is TransportState.FAILED


def test_a_peer_that_left_gets_and_gives_nothing_more() -> None:
    call = Call()
    call.publish_audio()
    call.speak(3)
    heard = len(call.bob.rtp)

    call.node.media.handle(RemovePeer("PA_bob"), call.wire.now)
    call.speak(3)

    assert len(call.bob.rtp) == heard
    assert call.bob.is_closed  # it was told so


def test_who_left_is_freed_without_the_garbage_collector() -> None:
    """Which looks at old objects only when nobody is there (`sfu/aio/garbage.py`)."""
    call = Call()
    call.publish_audio()
    call.speak(3)
    gc.collect()
    gc.disable()
    try:
        for sid in ("PA_bob", "PA_alice"):
            call.node.media.handle(RemovePeer(sid), call.wire.now)
        call.node.take_transmits()
        found = freed_by_collector()
    finally:
        gc.enable()

    assert found == []


def freed_by_collector() -> list[str]:
    """What a look at everything finds: types of objects that only point at each other."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        return [type(one).__name__ for one in gc.garbage]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


def test_reports_wait_for_a_turn_with_time_but_not_for_long() -> None:
    has_time = True
    node = MediaNode(
        "ND_test", [], CERTIFICATE, Ring(), PlaneConfig(),
        randbytes=Random(1).randbytes, has_time=lambda: has_time,
    )  # fmt: skip
    node.handle(AddPeer("RM_1", "PA_alice", "alice"), 0.0)
    node.handle(AddTransport("PA_alice/0", "PA_alice", ICE), 0.0)
    due = PlaneConfig().speakers.interval
    has_time = False
    node.handle_timeout(due + 0.001)
    assert node.next_timeout() == due

    node.handle_timeout(due + 2 * LATE)
    assert node.next_timeout() != due


def test_what_transports_refuse_is_told_when_they_are_gone_too() -> None:
    call = Call()
    call.bob.remote = IceCredentials(call.bob.remote.ufrag, "another-password-0123456")
    call.bob.check()
    (forged,) = call.bob.take_transmits()
    call.node.receive_datagram(forged, BOB, call.wire.now)
    call.node.media.handle(RemovePeer("PA_bob"), call.wire.now)

    assert call.node.media.stats().dropped["unauthentic_check"] == 1


def test_commands_about_what_is_gone_do_nothing() -> None:
    call = Call()
    for sid in ("PA_bob", "PA_bob", "PA_nobody"):
        call.node.media.handle(RemovePeer(sid), call.wire.now)
    call.publish_audio()

    call.speak(2)

    assert call.node.media.take_events() == []


def test_a_stranger_cannot_take_an_address_that_is_in_use() -> None:
    call = Call()
    call.publish_audio()
    mallory = call.enter("PA_mallory", "mallory", BOB)  # its checks claim to come from Bob
    mallory.check(is_nominating=True)
    for data in mallory.take_transmits():
        call.node.receive_datagram(data, BOB, call.wire.now)

    call.speak(5)

    assert len([p for p in call.bob.rtp if p[1] & 0x7F == 111]) == 5


@settings(max_examples=100, deadline=None)
@given(
    junk=st.lists(st.binary(max_size=60), max_size=20),
    path=st.sampled_from([ALICE, BOB, STRANGER]),
)
def test_no_bytes_from_anywhere_disturb_a_call(junk: list[bytes], path: Path) -> None:
    call = CALL
    heard = len(call.bob.rtp)

    for data in [b"", *junk]:
        call.node.receive_datagram(data, path, call.wire.now)
    call.speak(3)

    assert len(call.bob.rtp) >= heard + 3
    assert call.node.states("PA_bob") == [TransportState.CONNECTED]


CALL = Call()
CALL.publish_audio()
CALL.speak(1)
