"""The peer connections of a media node: whose a datagram is, what became of it, who gets data.

All that is not media ends here, and is worked off while there is time for it.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sfu.backlog import Backlog
from sfu.backpressure import HIGH, LOW, STALL, Backpressure, Reader, must_wait
from sfu.commands import AddTransport, ConnectTransport
from sfu.data import LABELS, LOSSY, RELIABLE, DataDrop, DataRouter, Delivery
from sfu.datatracks import DATA_TRACK, HANDLE, STARTS, DataTracks, Frame, FrameDrop
from sfu.deadlines import Deadlines
from sfu.drop import Drop
from sfu.events import ChannelsClosed, ChannelsOpened, Event, TransportChanged, TransportState
from sfu.mux import Mux, PacketClass, classify
from sfu.path import TCP, Path, Transmit, describe
from sfu.plane import Plane
from sfu.transport.certificate import Certificate
from sfu.transport.connection import (
    ChannelClosed,
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
from sfu.transport.reject import Reject


@dataclass(slots=True, eq=False)
class Connection:
    """A transport and whose it is."""

    name: str
    peer: str
    transport: Transport
    carries_data: bool  # what is sent to the peer leaves here
    channels: set[str] = field(default_factory=set)  # labels that are open
    cut: set[bytes] = field(default_factory=set)  # data tracks whose frame is left out
    own_channel: str | None = None  # label of the first one that LiveKit has no name for

    def holds(self, path: Path, now: float) -> bool:
        return self.transport.holds(path, now)


class Connections:
    """By the name of their transport. Take `transmits`, `events`, `proven` and `ended` after each
    call."""

    def __init__(
        self,
        plane: Plane,
        data: DataRouter,
        data_tracks: DataTracks,
        certificate: Certificate,
        randbytes: Callable[[int], bytes],
        has_time: Callable[[], bool],
    ) -> None:
        self.dropped: Counter[Drop] = Counter()
        self.rejected: Counter[Reject] = Counter()  # by all transports, those of the past included
        self.transmits: list[Transmit] = []
        self.events: list[Event] = []
        self.proven: list[Path] = []  # TCP paths from which a first valid check has come
        self.ended: list[Path] = []  # TCP paths that nobody has any more
        self.plane = plane
        self.data = data
        self.data_tracks = data_tracks
        self._certificate = certificate
        self._randbytes = randbytes
        self._has_time = has_time
        self._backlog = Backlog(has_time)
        self._mux = Mux[Connection]()
        self._connections: dict[str, Connection] = {}
        self._deadlines = Deadlines[str]()
        self._backpressure = Backpressure()

    # ---- commands

    def add(self, command: AddTransport, room: str) -> None:
        """One that is there already stays."""
        if command.transport in self._connections:
            return
        transport = Transport(
            command.transport,
            command.local,
            self._certificate,
            opens_channels=command.opens_channels,
            randbytes=self._randbytes,
            dropped=self.rejected,
            latencies={LOSSY: command.lossy_latency, DATA_TRACK: command.frame_latency},
        )
        connection = Connection(command.transport, command.peer, transport, command.carries_data)
        self._connections[command.transport] = connection
        self._mux.register(command.local.ufrag, connection)
        self.plane.add_client(command.transport, command.peer, transport, room=room)

    def connect(self, command: ConnectTransport, now: float) -> None:
        if (connection := self._connections.get(command.transport)) is None:
            return
        self._mux.register(command.local.ufrag, connection)
        self.plane.set_extensions(command.transport, command.extensions)
        connection.transport.connect(command, now)
        self._settle(connection, now)

    def remove(self, name: str, now: float) -> None:
        if (connection := self._connections.get(name)) is not None:
            self._remove(connection, now)

    def move_peer(self, peer: str, room: str) -> None:
        for connection in self._connections.values():
            if connection.peer == peer:
                self.plane.move_client(connection.name, room)

    def remove_peer(self, peer: str, now: float) -> None:
        for connection in [c for c in self._connections.values() if c.peer == peer]:
            self._remove(connection, now)

    # ---- datagrams and time

    def add_datagram(self, data: bytes, path: Path, now: float) -> None:
        """It is handled by `work_off`."""
        if not self._backlog.add(data, path, now):
            self.dropped[Drop.OVERLOADED] += 1

    def work_off(self, now: float) -> None:
        """As many datagrams as there is time for."""
        for data, path in self._backlog.take():
            self._receive(data, path, now)

    def path_closed(self, path: Path, now: float) -> None:
        """A TCP connection has ended."""
        self._backlog.forget(path)
        if (connection := self._mux.by_path(path)) is not None:
            connection.transport.forget(path, now)
            self._settle(connection, now)

    def next_timeout(self) -> float | None:
        at = self._deadlines.next()
        if not self._backlog and not self._backpressure:
            return at
        due = at, self._backlog.next_timeout(), self._backpressure.next_timeout()
        return min((at for at in due if at is not None), default=None)

    def handle_timeout(self, now: float) -> None:
        """What was received comes first: it may have been in time. For those whose time it would
        end the clock stands still until it was looked at."""
        self.work_off(now)
        self._look_at_waiting(now)
        at = self._backlog.next_timeout()
        if at is None or at > now:
            at = now
        while (name := self._deadlines.take(at)) is not None:
            connection = self._connections[name]
            connection.transport.note_life(self.plane.heard_at(name))
            connection.transport.handle_timeout(at)
            self._settle(connection, now)
            if not self._has_time():
                return  # the others are due at once

    def _receive(self, data: bytes, path: Path, now: float) -> None:
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
        self.transmits += transport.take_transmits()
        if connection.name in self._connections:
            self.plane.refresh(connection.name)
            self._deadlines.set(connection.name, transport.next_timeout())
            if self._backpressure and transport.buffered(RELIABLE) < LOW:
                self._backpressure.drained(connection.name, now)

    def _remove(self, connection: Connection, now: float) -> None:
        connection.transport.close(now)
        self.transmits += connection.transport.take_transmits()
        self._end(path for path in connection.transport.paths if self._owns(connection, path))
        self._mux.forget(connection)
        self.plane.remove_client(connection.name)
        self._deadlines.set(connection.name, None)
        self._backpressure.forget(connection.name)
        del self._connections[connection.name]

    def _path_validated(self, connection: Connection, event: PathValidated, now: float) -> None:
        path = event.path
        if not self._mux.bind(path, connection, now):
            connection.transport.forget(path, now)
            return
        self.plane.bind(path, connection.name)
        if path[0] == TCP:
            self.proven.append(path)

    def _path_forgotten(self, connection: Connection, event: PathForgotten, now: float) -> None:
        if self._owns(connection, event.path):
            self._end([event.path])
            self._mux.unbind(event.path, connection)
            self.plane.unbind(event.path)

    def _owns(self, connection: Connection, path: Path) -> bool:
        return self._mux.by_path(path) is connection

    def _end(self, paths: Iterable[Path]) -> None:
        """A client would keep a connection for as long as it likes."""
        self.ended += [path for path in paths if path[0] == TCP]

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
        self.events.append(
            TransportChanged(connection.name, connection.peer, state, reason, address)
        )

    def _channel_opened(self, connection: Connection, event: ChannelOpened, now: float) -> None:
        connection.channels.add(event.label)
        has_both = event.label in (RELIABLE, LOSSY) and {RELIABLE, LOSSY} <= connection.channels
        if has_both:
            self.events.append(ChannelsOpened(connection.name, connection.peer))
        is_own = event.label not in LABELS and connection.own_channel is None
        if is_own:
            connection.own_channel = event.label
        if connection.carries_data and (is_own if self.data.is_bare(connection.peer) else has_both):
            self.deliver(self.data.opened(connection.peer), now)

    def _channel_closed(self, connection: Connection, event: ChannelClosed, now: float) -> None:
        had_both = {RELIABLE, LOSSY} <= connection.channels
        connection.channels.discard(event.label)
        if had_both and event.label in (RELIABLE, LOSSY):
            self.events.append(ChannelsClosed(connection.name, connection.peer))

    def _data_received(self, connection: Connection, event: DataReceived, now: float) -> None:
        if event.label == DATA_TRACK:
            self._forward_frames(self.data_tracks.receive(connection.peer, event.payload), now)
            return
        deliveries = self.data.receive(connection.peer, event.label, event.payload)
        self.deliver(deliveries, now)
        if deliveries and deliveries[0].reliable:
            self._hold_back(connection, deliveries, now)
        if self.data.answers:
            self.events += self.data.answers
            self.data.answers.clear()

    def deliver(self, deliveries: list[Delivery], now: float) -> None:
        touched: dict[str, Connection] = {}
        for delivery in deliveries:
            connection = self._data_connection(delivery.peer)
            if connection is None or not _send(connection, delivery, now):
                self.data.dropped[DataDrop.SLOW_READER] += 1
                continue
            touched[connection.name] = connection
        for connection in touched.values():
            self._settle(connection, now)

    def _hold_back(self, sender: Connection, deliveries: list[Delivery], now: float) -> None:
        """A sender is not to be faster than the fastest of those who read what it sends."""
        receivers = [self._data_connection(delivery.peer) for delivery in deliveries]
        names = [receiver.name for receiver in receivers if receiver is not None]
        if must_wait((self._reader(name, now) for name in names), HIGH):
            sender.transport.hold_data()
            self._backpressure.hold(sender.name, names, now)

    def _look_at_waiting(self, now: float) -> None:
        """Only from here, so that no message overtakes those that are being delivered."""
        for name, receivers in self._backpressure.due(now):
            if must_wait((self._reader(receiver, now) for receiver in receivers), LOW):
                self._backpressure.hold(name, receivers, now)
                continue
            self._backpressure.forget(name)
            sender = self._connections[name]
            sender.transport.release_data(now)
            self._settle(sender, now)

    def _reader(self, name: str, now: float) -> Reader:
        connection = self._connections.get(name)
        if connection is None:
            return Reader(name, 0, is_reading=False)
        transport = connection.transport
        is_reading = now - transport.acknowledged_at() < STALL
        return Reader(name, transport.buffered(RELIABLE), is_reading)

    def _forward_frames(self, frames: list[Frame], now: float) -> None:
        for peer, payload in frames:
            connection = self._data_connection(peer)
            if connection is None or not _send_frame(connection, payload, now):
                self.data_tracks.dropped[FrameDrop.SLOW_READER] += 1
                continue
            self._settle(connection, now)

    def _data_connection(self, peer: str) -> Connection | None:
        for name in (f"{peer}/1", f"{peer}/0"):
            connection = self._connections.get(name)
            if connection is not None and connection.carries_data:
                return connection
        return None


def _send(connection: Connection, delivery: Delivery, now: float) -> bool:
    label: str | None = RELIABLE if delivery.reliable else LOSSY
    if delivery.is_bare:
        label = connection.own_channel
    return label is not None and connection.transport.send_data(label, delivery.payload, now)


def _send_frame(connection: Connection, payload: bytes, now: float) -> bool:
    """A packet of a frame: the first one decides about all of them."""
    handle, starts = payload[HANDLE], bool(payload[0] & STARTS)
    if not starts and handle in connection.cut:
        return False
    is_sent = connection.transport.send_data(DATA_TRACK, payload, now, begins=starts)
    if is_sent:
        connection.cut.discard(handle)
    else:
        connection.cut.add(handle)
    return is_sent


TRANSPORT_EVENTS: dict[type[TransportEvent], Callable[[Connections, Connection, Any, float], None]]
TRANSPORT_EVENTS = {
    PathValidated: Connections._path_validated,
    PathForgotten: Connections._path_forgotten,
    UfragRetired: Connections._ufrag_retired,
    Connected: Connections._connected,
    Disconnected: Connections._disconnected,
    Failed: Connections._failed,
    ChannelOpened: Connections._channel_opened,
    ChannelClosed: Connections._channel_closed,
    DataReceived: Connections._data_received,
}
