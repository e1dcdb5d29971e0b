"""Files between the clients of a media node, one of which reads slowly or not at all."""

from random import Random

from livekit.protocol.models import DataPacket, UserPacket

from sfu.backpressure import HIGH, STALL
from sfu.commands import AddPeer, AddTransport, RemovePeer
from sfu.config import PlaneConfig
from sfu.data import RELIABLE, DataDrop
from sfu.media import IceCredentials
from sfu.node import MediaNode
from sfu.path import Path, Transmit
from sfu.ring import Ring
from sfu.transport.certificate import Certificate
from sfu.transport.sctp import WINDOW
from tests.sim.peer import Peer, describe_to_server
from tests.sim.wire import Wire

CERTIFICATE = Certificate()
SIZE = 30_000  # bytes of a message


class Deaf(Peer):
    """It hears nothing as long as it is told not to."""

    is_deaf = False

    def receive_datagram(self, data: bytes, now: float) -> None:
        if not self.is_deaf:
            super().receive_datagram(data, now)


class Party:
    def __init__(self, *names: str) -> None:
        self.media = MediaNode(
            "ND_test", [], CERTIFICATE, Ring(), PlaneConfig(), randbytes=Random(1).randbytes
        )
        self.peers = {name: self._enter(name, number) for number, name in enumerate(names)}
        self.wire = Wire(self, *self.peers.values())
        assert self.wire.run_until(lambda: all(self._is_open(name) for name in names))
        self.wire.run(0.1)
        self.sent = 0
        self.fullest = 0  # bytes that have waited for one receiver at most

    # A `Server` for the wire.

    def receive_datagram(self, data: bytes, path: Path, now: float) -> None:
        self.media.receive_datagram(data, path, now)
        self.media.take_events()

    def take_transmits(self) -> list[Transmit]:
        return self.media.take_transmits()

    def next_timeout(self) -> float | None:
        return self.media.next_timeout()

    def handle_timeout(self, now: float) -> None:
        self.media.handle_timeout(now)
        self.media.take_events()

    # What happens.

    def send(self, count: int, *to: str) -> None:
        """Ann sends so many messages at once."""
        for _ in range(count):
            self.sent += 1
            user = UserPacket(payload=self.sent.to_bytes(4, "big") + bytes(SIZE))
            packet = DataPacket(user=user, sequence=self.sent, destination_identities=to)
            data = packet.SerializeToString()
            assert self.peers["ann"].send_data(RELIABLE, data, self.wire.now)

    def run(self, seconds: float, *, until: str = "") -> None:
        """Until somebody has heard everything, or time is up."""
        for _ in range(int(seconds / 0.05)):
            self.wire.run(0.05)
            self.fullest = max(self.fullest, *map(self.waiting_for, self.peers))
            if until and len(self.heard(until)) == self.sent:
                return

    def heard(self, name: str) -> list[int]:
        packets = [DataPacket.FromString(data) for label, data in self.peers[name].data]
        return [int.from_bytes(packet.user.payload[:4], "big") for packet in packets]

    def waiting_for(self, name: str) -> int:
        connections = self.media._connections._connections
        return connections[f"PA_{name}/0"].transport.buffered(RELIABLE)

    def _enter(self, name: str, number: int) -> Deaf:
        ours = IceCredentials(f"our{name}", f"server-password-{name:0>16}")
        theirs = IceCredentials(f"its{name}", f"client-password-{name:0>16}")
        peer = Deaf((0, ("192.0.2.1", 5000 + number)), theirs, ours, seed=number)
        command = describe_to_server(peer, ours)
        command.transport = f"PA_{name}/0"
        self.media.handle(AddPeer("RM_1", f"PA_{name}", name), 0.0)
        self.media.handle(AddTransport(f"PA_{name}/0", f"PA_{name}", ours), 0.0)
        self.media.handle(command, 0.0)
        return peer

    def _is_open(self, name: str) -> bool:
        return self.media.data._members[f"PA_{name}"].is_open


def test_a_file_for_one_arrives_whole_and_waits_with_its_sender() -> None:
    party = Party("ann", "bob")
    party.wire.delay = 0.05  # a window of SCTP takes a tenth of a second

    party.send(100)
    party.run(60, until="bob")

    assert party.heard("bob") == list(range(1, 101))
    assert party.fullest < HIGH + WINDOW + 2 * SIZE


def test_nobody_waits_for_one_who_has_stopped_reading() -> None:
    party = Party("ann", "bob", "cat")
    party.peers["bob"].is_deaf = True

    party.send(80)
    party.run(10, until="cat")
    assert party.heard("cat") == list(range(1, 81))

    party.send(1, "cat")
    party.run(1, until="cat")
    assert party.heard("cat")[-1] == 81
    assert party.media.data.dropped[DataDrop.SLOW_READER] == 0


def test_a_file_for_one_who_has_stopped_reading_lets_the_others_be() -> None:
    party = Party("ann", "bob", "cat")
    party.peers["bob"].is_deaf = True

    party.send(80, "bob")
    party.run(STALL + 0.5)
    party.send(1, "cat")
    party.run(1)
    assert party.heard("cat") == [81]

    party.peers["bob"].is_deaf = False
    party.run(30, until="bob")
    assert party.heard("bob") == list(range(1, 81))


def test_who_leaves_is_not_waited_for() -> None:
    party = Party("ann", "bob", "cat")
    party.peers["bob"].is_deaf = True
    party.send(80, "bob")
    party.run(0.5)
    party.media.handle(RemovePeer("PA_bob"), party.wire.now)
    del party.peers["bob"]
    party.send(1, "cat")
    party.run(5)  # its SCTP looks again after a while
    assert party.heard("cat") == [81]
