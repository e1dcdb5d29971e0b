"""A media node: commands, datagrams and time go in; datagrams, events and a deadline come out.

It joins the parts and decides nothing itself: `plane.py` forwards media, `connections.py` has the
peer connections and all that is not media, `data.py` routes data packets.
After anything that changes it: take its transmits, its events and its next timeout.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from sfu import commands
from sfu.arena import Egress
from sfu.commands import Command
from sfu.config import PlaneConfig
from sfu.connections import Connections
from sfu.data import DataRouter
from sfu.datatracks import DataTracks
from sfu.drop import Drop
from sfu.events import Event, SequenceTold
from sfu.media import Candidate, NodeInfo
from sfu.path import Path, Transmit
from sfu.plane import Plane
from sfu.ring import Batch, Ring
from sfu.sealing import Sealer
from sfu.stats import NodeStats
from sfu.transport.certificate import Certificate

LATE = 0.005  # seconds


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
        self.data_tracks = DataTracks()
        self._connections = Connections(
            self.plane, self.data, self.data_tracks, certificate, randbytes, has_time
        )
        self._has_time = has_time
        self._ring = ring
        self._rooms: dict[str, str] = {}  # participant sid -> room sid

    @property
    def dropped(self) -> Counter[Drop]:
        """What is no media and went no further."""
        return self._connections.dropped

    # ---- commands

    def handle(self, command: Command, now: float) -> None:
        """Carry out a command. One about something that is gone does nothing."""
        self._ring.tick(now)
        if (forwarding := FORWARDING.get(type(command))) is not None:
            forwarding(self.plane, command, now)
        elif (of_track := DATA_TRACKS.get(type(command))) is not None:
            of_track(self.data_tracks, command)
        else:
            COMMANDS[type(command)](self, command, now)

    def add_peer(self, command: commands.AddPeer, now: float) -> None:
        self._rooms[command.peer] = command.room
        self.data.add(command)

    def update_peer(self, command: commands.UpdatePeer, now: float) -> None:
        self.data.update(command)

    def move_peer(self, command: commands.MovePeer, now: float) -> None:
        if command.peer in self._rooms:
            self._rooms[command.peer] = command.room
            self.data.move(command)
            self._connections.move_peer(command.peer, command.room)

    def remove_peer(self, command: commands.RemovePeer, now: float) -> None:
        if self._rooms.pop(command.peer, None) is None:
            return
        self.data.remove(command.peer)
        self.data_tracks.remove_peer(command.peer)
        self._connections.remove_peer(command.peer, now)

    def add_transport(self, command: commands.AddTransport, now: float) -> None:
        if (room := self._rooms.get(command.peer)) is not None:
            self._connections.add(command, room)

    def connect_transport(self, command: commands.ConnectTransport, now: float) -> None:
        self._connections.connect(command, now)

    def remove_transport(self, command: commands.RemoveTransport, now: float) -> None:
        self._connections.remove(command.transport, now)

    def tell_sequence(self, command: commands.TellSequence, now: float) -> None:
        told = SequenceTold(command.peer, self.data.sequence(command.peer))
        self._connections.events.append(told)

    def send_data(self, command: commands.SendData, now: float) -> None:
        self._connections.deliver(self.data.send(command), now)

    # ---- datagrams

    def forward(self, batch: Batch, now: float) -> None:
        """What one drain of the sockets has brought, each datagram in its row of the ring."""
        for position in self.plane.forward(batch, now):
            data = self._ring.datagram(batch, position)
            self._connections.add_datagram(data, batch.path(position), now)
        self._connections.work_off(now)

    def receive_datagram(self, data: bytes, path: Path, now: float) -> None:
        """One datagram from elsewhere than the ring: a TCP connection, a test."""
        self._ring.tick(now)
        self.forward(self._ring.put(data, path), now)

    def path_closed(self, path: Path, now: float) -> None:
        """A TCP connection has ended."""
        self._connections.path_closed(path, now)

    # ---- time and results

    def next_timeout(self) -> float | None:
        slow, media = self._connections.next_timeout(), self.plane.next_timeout()
        if slow is None or media is None:
            return media if slow is None else slow
        return slow if slow < media else media

    def handle_timeout(self, now: float) -> None:
        """Where there was other work already, reports wait for the next turn, but not for long."""
        at = self.plane.next_timeout()
        if at is not None and at <= now and (self._has_time() or now - at > LATE):
            self.plane.handle_timeout(now)
        self._connections.handle_timeout(now)

    @property
    def has_results(self) -> bool:
        """Is there something to take?"""
        of = self._connections
        return bool(of.transmits or of.events or of.proven or of.ended) or self.plane.has_results

    def take_transmits(self) -> list[Transmit]:
        """Media first: it is what is late soonest."""
        slow, self._connections.transmits = self._connections.transmits, []
        return self.plane.take_transmits() + slow

    def take_events(self) -> list[Event]:
        events, self._connections.events = self._connections.events, []
        return events + self.plane.take_events()

    def take_proven(self) -> list[Path]:
        """TCP paths from which a first valid check has come."""
        proven, self._connections.proven = self._connections.proven, []
        return proven

    def take_ended(self) -> list[Path]:
        """TCP paths that nobody has any more, once the transmits have left."""
        ended, self._connections.ended = self._connections.ended, []
        return ended

    def stats(self) -> NodeStats:
        """What was counted, and what is there now."""
        stats = NodeStats.of(self.plane.stats)
        stats.node = self.info.node_id
        stats.rooms, stats.participants = len(set(self._rooms.values())), len(self._rooms)
        stats.published, stats.subscribed = self.plane.tracks()
        counters = self.plane.stats.dropped, self.dropped, self.data.dropped
        for dropped in (*counters, self.data_tracks.dropped, self._connections.rejected):
            for reason, count in dropped.items():
                stats.dropped[reason.value] = stats.dropped.get(reason.value, 0) + count
        stats.ring = self._ring.size
        return stats


FORWARDING: dict[type, Callable[[Plane, Any, float], None]] = {
    commands.AddPublication: Plane.add_publication,
    commands.MutePublication: Plane.mute_publication,
    commands.RemovePublication: Plane.remove_publication,
    commands.AddSubscription: Plane.add_subscription,
    commands.UpdateSubscription: Plane.update_subscription,
    commands.RemoveSubscription: Plane.remove_subscription,
}

DATA_TRACKS: dict[type, Callable[[DataTracks, Any], None]] = {
    commands.AddDataTrack: DataTracks.add,
    commands.RemoveDataTrack: DataTracks.remove,
    commands.AddDataSubscription: DataTracks.subscribe,
    commands.RemoveDataSubscription: DataTracks.unsubscribe,
}

COMMANDS: dict[type, Callable[[MediaNode, Any, float], None]] = {
    commands.AddPeer: MediaNode.add_peer,
    commands.UpdatePeer: MediaNode.update_peer,
    commands.MovePeer: MediaNode.move_peer,
    commands.RemovePeer: MediaNode.remove_peer,
    commands.AddTransport: MediaNode.add_transport,
    commands.ConnectTransport: MediaNode.connect_transport,
    commands.RemoveTransport: MediaNode.remove_transport,
    commands.TellSequence: MediaNode.tell_sequence,
    commands.SendData: MediaNode.send_data,
}
