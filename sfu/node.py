"""A media node: commands, datagrams and time go in; datagrams, events and a deadline come out.

It joins the parts and decides nothing about media itself: `mux.py` knows whose a datagram is,
`transport.py` is one peer connection, `plane.py` forwards packets, `data.py` routes data packets.
After anything that changes it: take its transmits, its events and its next timeout.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sfu import commands
from sfu.arena import Egress
from sfu.backlog import Backlog
from sfu.commands import Command
from sfu.config import PlaneConfig
from sfu.data import LOSSY, RELIABLE, DataDrop, DataRouter, Delivery
from sfu.deadlines import Deadlines
from sfu.drop import Drop
from sfu.events import ChannelsOpened, Event, TransportChanged, TransportState
from sfu.media import Candidate, NodeInfo
from sfu.mux import Mux, PacketClass, classify
from sfu.path import TCP, Path, Transmit, describe
from sfu.plane import Plane
from sfu.ring import Batch, Ring
from sfu.sealing import Sealer
from sfu.stats import NodeStats
from sfu.transport.certificate import Certificate
from sfu.transport.connection import (
    ChannelOpened,
    Connected,
    DataReceived,
    Disconnected,
    Failed,
    PathForgotten,
    PathValidated,
    Transport,
    TransportEvent,
    UfragRetired,
)


@dataclass(slots=True, eq=False)
class Connection:
    """A transport and whose it is."""

    name: str
    peer: str
    transport: Transport
    carries_data: bool  # what is sent to the peer leaves here
    channels: set[str] = field(default_factory=set)  # labels that are open

    def holds(self, path: Path, now: float) -> bool:
        return self.transport.holds(path, now)


class MediaNode:
    """All peers of one process. Driven by commands, datagrams and time, and by nothing else."""

    def __init__(
        self,
        node_id: str,
        candidates: list[Candidate],
        certificate: Certificate,
        ring: Ring,
        config: PlaneConfig,
        *,
        randbytes: Callable[[int], bytes],
        sealer: Sealer | None = None,
        egress: Egress | None = None,
        has_time: Callable[[], bool] = lambda: True,
    ) -> None:
        """Without an egress all packets leave by `take_transmits`.

        What is not media is handled while `has_time`; the rest is due at once (`next_timeout`).
        """
        self.info = NodeInfo(node_id, candidates, certificate.fingerprint)
        self.plane = Plane(ring, randbytes=randbytes, config=config, sealer=sealer, egress=egress)
        self.data = DataRouter()
        self.dropped: Counter[Drop] = Counter()
        self._ring = ring
        self._certificate = certificate
        self._randbytes = randbytes
        self._backlog = Backlog(has_time)
        self._mux = Mux[Connection]()
        self._connections: dict[str, Connection] = {}
        self._rooms: dict[str, str] = {}  # participant sid -> room sid
        self._deadlines = Deadlines[str]()
        self._transmits: list[Transmit] = []
        self._events: list[Event] = []
        self._proven: list[Path] = []

    # ---- commands

    def handle(self, command: Command, now: float) -> None:
        """Carry out a command. One about something that is gone does nothing."""
        self._ring.tick(now)
        if (forwarding := FORWARDING.get(type(command))) is not None:
            forwarding(self.plane, command, now)
        else:
            COMMANDS[type(command)](self, command, now)

    def add_peer(self, command: commands.AddPeer, now: float) -> None:
        self._rooms[command.peer] = command.room
        self.data.add(command)

    def update_peer(self, command: commands.UpdatePeer, now: float) -> None:
        self.data.update(command)

    def remove_peer(self, command: commands.RemovePeer, now: float) -> None:
        if self._rooms.pop(command.peer, None) is None:
            return
        self.data.remove(command.peer)
        for connection in [c for c in self._connections.values() if c.peer == command.peer]:
            self._remove(connection, now)

    def add_transport(self, command: commands.AddTransport, now: float) -> None:
        room = self._rooms.get(command.peer)
        if room is None or command.transport in self._connections:
            return
        transport = Transport(
            command.transport,
            command.local,
            self._certificate,
            opens_channels=command.opens_channels,
            randbytes=self._randbytes,
        )
        connection = Connection(command.transport, command.peer, transport, command.carries_data)
        self._connections[command.transport] = connection
        self._mux.register(command.local.ufrag, connection)
        self.plane.add_client(command.transport, command.peer, transport, room=room)

    def connect_transport(self, command: commands.ConnectTransport, now: float) -> None:
        if (connection := self._connections.get(command.transport)) is None:
            return
        self._mux.register(command.local.ufrag, connection)
        self.plane.set_extensions(command.transport, command.extensions)
        connection.transport.connect(command, now)
        self._settle(connection, now)

    def remove_transport(self, command: commands.RemoveTransport, now: float) -> None:
        if (connection := self._connections.get(command.transport)) is not None:
            self._remove(connection, now)

    def send_data(self, command: commands.SendData, now: float) -> None:
        self._deliver(self.data.send(command), now)

    # ---- datagrams

    def forward(self, batch: Batch, now: float) -> None:
        """What one drain of the sockets has brought, each datagram in its slot of the ring."""
        self._ring.tick(now)
        for position in self.plane.forward(batch, now):
            length = int(batch.lengths[position])
            data = bytes(self._ring.view(batch.first + position)[:length])
            if not self._backlog.add(data, batch.path(position), now):
                self.dropped[Drop.OVERLOADED] += 1
        self._work_off(now)

    def receive_datagram(self, data: bytes, path: Path, now: float) -> None:
        """One datagram from elsewhere than the ring: a TCP connection, a test."""
        self._ring.tick(now)
        self.forward(self._ring.put(data, path), now)

    def path_closed(self, path: Path, now: float) -> None:
        """A TCP connection has ended."""
        self._backlog.forget(path)
        if (connection := self._mux.by_path(path)) is not None:
            connection.transport.forget(path, now)
            self._settle(connection, now)

    # ---- time and results

    def next_timeout(self) -> float | None:
        due = (self._backlog.next_timeout(), self._deadlines.next(), self.plane.next_timeout())
        return min((at for at in due if at is not None), default=None)

    def handle_timeout(self, now: float) -> None:
        self._work_off(now)
        for name in self._deadlines.due(now):
            connection = self._connections[name]
            connection.transport.handle_timeout(now)
            self._settle(connection, now)
        at = self.plane.next_timeout()
        if at is not None and at <= now:
            self.plane.handle_timeout(now)

    def take_transmits(self) -> list[Transmit]:
        """Media first: it is what is late soonest."""
        slow, self._transmits = self._transmits, []
        return self.plane.take_transmits() + slow

    def take_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events + self.plane.take_events()

    def take_proven(self) -> list[Path]:
        """TCP paths from which a first valid check has come."""
        proven, self._proven = self._proven, []
        return proven

    def stats(self) -> NodeStats:
        """What was counted, and what is there now."""
        stats = NodeStats.of(self.plane.stats)
        stats.node = self.info.node_id
        stats.rooms, stats.participants = len(set(self._rooms.values())), len(self._rooms)
        stats.published, stats.subscribed = self.plane.tracks()
        for dropped in (self.plane.stats.dropped, self.dropped, self.data.dropped):
            for reason, count in dropped.items():
                stats.dropped[reason.value] = stats.dropped.get(reason.value, 0) + count
        stats.ring = self._ring.size
        return stats

    # ---- the slow path

    def _work_off(self, now: float) -> None:
        for data, path in self._backlog.take():
            self._receive_slowly(data, path, now)

    def _receive_slowly(self, data: bytes, path: Path, now: float) -> None:
        kind = classify(data)
        if kind is PacketClass.STUN:
            route = self._mux.route(data)
            if route is None:
                self.dropped[Drop.UNKNOWN_ADDRESS] += 1
                return
            message, connection = route
            connection.transport.receive_stun(message, data, path, now)
        elif kind is PacketClass.DTLS and (owner := self._mux.by_path(path)) is not None:
            connection = owner
            connection.transport.receive_dtls(data, path, now)
        else:
            self.dropped[Drop.UNKNOWN_ADDRESS if data else Drop.EMPTY] += 1
            return
        self._settle(connection, now)

    def _settle(self, connection: Connection, now: float) -> None:
        """Take what a transport has to say after anything that changed it."""
        transport = connection.transport
        while events := transport.take_events():  # handling one may bring about another
            for event in events:
                TRANSPORT_EVENTS[type(event)](self, connection, event, now)
        self._transmits += transport.take_transmits()
        if connection.name in self._connections:
            self.plane.refresh(connection.name)
            self._deadlines.set(connection.name, transport.next_timeout())

    def _remove(self, connection: Connection, now: float) -> None:
        connection.transport.close(now)
        self._transmits += connection.transport.take_transmits()
        self._mux.forget(connection)
        self.plane.remove_client(connection.name)
        self._deadlines.set(connection.name, None)
        del self._connections[connection.name]

    def _path_validated(self, connection: Connection, event: PathValidated, now: float) -> None:
        path = event.path
        if not self._mux.bind(path, connection, now):
            connection.transport.forget(path, now)
            return
        self.plane.bind(path, connection.name)
        if path[0] == TCP:
            self._proven.append(path)

    def _path_forgotten(self, connection: Connection, event: PathForgotten, now: float) -> None:
        if self._mux.by_path(event.path) is connection:
            self._mux.unbind(event.path, connection)
            self.plane.unbind(event.path)

    def _ufrag_retired(self, connection: Connection, event: UfragRetired, now: float) -> None:
        self._mux.retire(event.ufrag)

    def _connected(self, connection: Connection, event: Connected, now: float) -> None:
        self.plane.connected(connection.name, now)
        self._changed(connection, TransportState.CONNECTED, address=describe(event.path))

    def _disconnected(self, connection: Connection, event: Disconnected, now: float) -> None:
        self._changed(connection, TransportState.DISCONNECTED)

    def _failed(self, connection: Connection, event: Failed, now: float) -> None:
        self._changed(connection, TransportState.FAILED, reason=event.reason)

    def _changed(
        self, connection: Connection, state: TransportState, *, reason: str = "", address: str = ""
    ) -> None:
        self._events.append(
            TransportChanged(connection.name, connection.peer, state, reason, address)
        )

    def _channel_opened(self, connection: Connection, event: ChannelOpened, now: float) -> None:
        connection.channels.add(event.label)
        if event.label in (RELIABLE, LOSSY) and {RELIABLE, LOSSY} <= connection.channels:
            self._events.append(ChannelsOpened(connection.name, connection.peer))
            if connection.carries_data:
                self._deliver(self.data.opened(connection.peer), now)

    def _data_received(self, connection: Connection, event: DataReceived, now: float) -> None:
        self._deliver(self.data.receive(connection.peer, event.label, event.payload), now)

    def _deliver(self, deliveries: list[Delivery], now: float) -> None:
        touched: dict[str, Connection] = {}
        for peer, reliable, payload in deliveries:
            connection = self._data_connection(peer)
            label = RELIABLE if reliable else LOSSY
            if connection is None or not connection.transport.send_data(label, payload, now):
                self.data.dropped[DataDrop.SLOW_READER] += 1
                continue
            touched[connection.name] = connection
        for connection in touched.values():
            self._settle(connection, now)

    def _data_connection(self, peer: str) -> Connection | None:
        for name in (f"{peer}/1", f"{peer}/0"):
            connection = self._connections.get(name)
            if connection is not None and connection.carries_data:
                return connection
        return None


FORWARDING: dict[type, Callable[[Plane, Any, float], None]] = {
    commands.AddPublication: Plane.add_publication,
    commands.MutePublication: Plane.mute_publication,
    commands.RemovePublication: Plane.remove_publication,
    commands.AddSubscription: Plane.add_subscription,
    commands.UpdateSubscription: Plane.update_subscription,
    commands.RemoveSubscription: Plane.remove_subscription,
}

COMMANDS: dict[type, Callable[[MediaNode, Any, float], None]] = {
    commands.AddPeer: MediaNode.add_peer,
    commands.UpdatePeer: MediaNode.update_peer,
    commands.RemovePeer: MediaNode.remove_peer,
    commands.AddTransport: MediaNode.add_transport,
    commands.ConnectTransport: MediaNode.connect_transport,
    commands.RemoveTransport: MediaNode.remove_transport,
    commands.SendData: MediaNode.send_data,
}

TRANSPORT_EVENTS: dict[type[TransportEvent], Callable[[MediaNode, Connection, Any, float], None]]
TRANSPORT_EVENTS = {
    PathValidated: MediaNode._path_validated,
    PathForgotten: MediaNode._path_forgotten,
    UfragRetired: MediaNode._ufrag_retired,
    Connected: MediaNode._connected,
    Disconnected: MediaNode._disconnected,
    Failed: MediaNode._failed,
    ChannelOpened: MediaNode._channel_opened,
    DataReceived: MediaNode._data_received,
}
