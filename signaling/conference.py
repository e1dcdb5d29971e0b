"""All rooms as one core: joins, requests and media events in; responses and commands out."""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass

from livekit.protocol import models
from livekit.protocol.room import CreateRoomRequest
from livekit.protocol.webhook import WebhookEvent

from sfu.commands import Command
from sfu.events import (
    CallAnswered,
    ChannelsClosed,
    ChannelsOpened,
    Event,
    LayersChanged,
    QualityChanged,
    SequenceTold,
    SpeakersChanged,
    StreamPaused,
    TrackStarted,
    TransportChanged,
)
from sfu.media import NodeInfo
from signaling import admission, entrance, forwarding, hearing, publisher, subscriber
from signaling.admission import Admission, Guard, Nobody, Refused, Visit
from signaling.agents.worker import Worker
from signaling.config import SignalingConfig
from signaling.context import Context, NodeContext, Outlet
from signaling.ids import PARTICIPANT, ROOM, RandBytes, new_id
from signaling.messages import Action
from signaling.nodes import Nodes
from signaling.participant import Participant
from signaling.ratelimit import RateLimiter, neighbourhood
from signaling.revocations import Revocations
from signaling.room import Room, RoomSettings
from signaling.roomsettings import asked_by_token, room_settings
from signaling.session import Session
from signaling.tokens import Claims

_log = logging.getLogger(__name__)

PeerEvent = (
    TransportChanged
    | ChannelsOpened
    | ChannelsClosed
    | SequenceTold
    | CallAnswered
    | StreamPaused
    | TrackStarted
    | LayersChanged
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is, and as whom."""

    room: str
    identity: str
    attributes: Mapping[str, str]  # of the token


class Conference:
    """After anything that changes it, take `take_commands`, `take_ready` and `next_timeout`.

    `now` is the monotonic time in seconds; `epoch + now` is the wall clock.
    """

    def __init__(
        self,
        config: SignalingConfig,
        keys: Mapping[str, str],  # API key -> secret; the first signs refresh tokens
        randbytes: RandBytes,
        *,
        epoch: float,
        guard: Guard | None = None,
    ) -> None:
        self.guard = guard or Nobody()
        self.rooms: dict[str, Room] = {}  # by name
        self._by_sid: dict[str, Room] = {}
        self.revocations = Revocations()
        self.traffic = 0.0  # bytes per second of all media, as last told
        self._context = Context(config, keys, randbytes, epoch)
        self._nodes = Nodes(self._context)
        self._joins = None
        if config.limits.joins_per_second:
            limits = config.limits
            self._joins = RateLimiter(rate=limits.joins_per_second, burst=limits.joins_burst)

    def admit(self, visit: Visit, now: float) -> Admission:
        """Check a token and what came with it. Raises Refused(status, text)."""
        self._throttle(visit, now)
        context = self._context
        admitted = admission.admit(
            visit, context.keys, context.config, self.rooms.__contains__, context.unix(now)
        )
        claims = admitted.claims
        if self.revocations.covers(admitted.room, claims.identity, claims.begins):
            raise Refused(401, "invalid authorization token: it has been revoked")
        limit = context.config.limits.participants
        if limit and sum(len(room.participants) for room in self.rooms.values()) >= limit:
            raise Refused(503, "node has reached its limit of participants")
        self._check_load()
        self.ask_guard(admitted)
        return admitted

    def ask_guard(self, admitted: Admission) -> None:
        """Raises Refused."""
        room = self.rooms.get(admitted.room)
        present = {} if room is None else room.identities
        own = admitted.claims.identity
        self.guard.check(admitted, {i for i, p in present.items() if p.is_counted and i != own})

    def _throttle(self, visit: Visit, now: float) -> None:
        """A join costs us a hundred times what it costs whoever asks for one. What comes from this
        machine is a proxy's, or the operator's own."""
        source = neighbourhood(visit.source)
        if source is not None and self._joins is not None and not self._joins.spend(source, now):
            wait = math.ceil(self._joins.wait(source, now))
            raise Refused(429, f"too many joins from this address: try again in {wait} s")

    def join(self, admitted: Admission, now: float) -> Session:
        """Enter a room, or resume. Raises Refused(status, text). The first response is ready; call
        the session's `begin` when it has left."""
        self.ask_guard(admitted)  # what it says may have changed while a node was waited for
        if admitted.request.reconnect:
            return entrance.resume(self._context, self.rooms.get(admitted.room), admitted, now)
        claims = admitted.claims
        asked = asked_by_token(admitted.room, claims.room_preset, claims.room_config)
        room = self.create(asked, now)
        sid = new_id(PARTICIPANT, self._context.randbytes)
        return entrance.enter(room, admitted, sid, now)

    def employ(self, now: float) -> Worker:
        """A program that waits for rooms to join."""
        return Worker(self._context, self._context.workers, now)

    def create(
        self, request: CreateRoomRequest, now: float, *, near: NodeContext | None = None
    ) -> Room:
        """The room of that name; made, if there is none, on the node `near` if it can be chosen.

        Raises Refused(status, text).
        """
        room = self.rooms.get(request.name)
        if room is not None and self._nodes.holds(room.context):
            return room
        self._check_load()
        settings = room_settings(self._context.config.room, request)
        context = near or self._nodes.place(self.rooms.values())
        if context is None:
            raise Refused(503, "no media node is ready")
        if room is None:
            return self._open(context, request.name, settings, now)
        room.context = context  # it lost its node, and with it everybody
        return room

    def receive_event(self, event: Event, now: float) -> None:
        """Something that the media plane tells. Of those who have left it is ignored."""
        match event:
            case SpeakersChanged() | QualityChanged():
                room = self._by_sid.get(event.room)
                if room is not None:
                    self._receive_room_event(room, event)
            case _:
                participant = self._find(event.peer)
                if participant is not None:
                    self._receive_peer_event(participant, event, now)

    @property
    def config(self) -> SignalingConfig:
        return self._context.config

    def authenticate(self, visit: Visit, now: float) -> Claims | None:
        """None without a token. Raises Refused(401)."""
        return admission.authenticate(visit, self._context.keys, self._context.unix(now))

    @property
    def has_nodes(self) -> bool:
        return bool(self._nodes)

    def add_node(self, node: NodeInfo) -> None:
        """A media node is ready: rooms may go there."""
        self._nodes.add(node)

    def lose_node(self, node_id: str, now: float) -> None:
        """A media node is gone, and with it all keys and addresses of its rooms.

        Their participants are told to join anew, which puts each room on another node.
        """
        lost = self._nodes.remove(node_id)
        for room in [room for room in self.rooms.values() if room.context is lost]:
            room.end_all(models.DisconnectReason.MEDIA_FAILURE, now, Action.RECONNECT)

    def take_commands(self) -> dict[str, list[Command]]:
        """For the media nodes, by node id, in order."""
        return self._nodes.take_commands()

    def take_ready(self) -> list[Outlet]:
        """Sessions and workers that have messages to fetch, or have ended."""
        taken = list(self._context.ready)
        self._context.ready.clear()
        return taken

    def take_notices(self) -> list[WebhookEvent]:
        """For webhooks, in order."""
        return self._context.notices.take()

    def next_timeout(self) -> float | None:
        return self._context.timers.next_timeout()

    def handle_timeout(self, now: float) -> None:
        self._context.timers.handle_timeout(now)

    def shut_down(self, now: float) -> None:
        """Say goodbye to everybody (SERVER_SHUTDOWN)."""
        self._context.workers.finish()
        for room in list(self.rooms.values()):
            room.end_all(models.DisconnectReason.SERVER_SHUTDOWN, now)
            room.close(now)

    def _check_load(self) -> None:
        """Raises Refused."""
        limits = self._context.config.limits
        tracks = limits.node_tracks
        has_tracks = tracks and sum(r.track_count for r in self.rooms.values()) >= tracks
        if has_tracks or 0 < limits.node_bytes <= self.traffic:
            raise Refused(503, "reached configured limit for node")

    def _receive_room_event(self, room: Room, event: SpeakersChanged | QualityChanged) -> None:
        if isinstance(event, SpeakersChanged):
            hearing.change_speakers(room, event)
        else:
            hearing.change_quality(room, event)
        forwarding.echo(room, event)

    def _receive_peer_event(
        self,
        participant: Participant,
        event: PeerEvent,
        now: float,
    ) -> None:
        match event:
            case TransportChanged():
                _log.info("%s %s %s", event.transport, event.state, event.reason)
                participant.lifecycle.receive_transport(event, now)
                participant.failures.receive_transport(event, now)
            case ChannelsOpened():
                participant.lifecycle.receive_channels(event, now)
            case ChannelsClosed():
                participant.failures.receive_closed(event, now)
            case SequenceTold():
                participant.receive_sequence(event.sequence, now)
            case CallAnswered():
                participant.calls.receive(event)
            case StreamPaused():
                subscriber.pause(participant, event.track, event.is_paused)
            case TrackStarted():
                publisher.receive_start(participant, event.track, event.mime, now)
            case LayersChanged():
                publisher.receive_layers(participant, event)  # forwarding follows by itself

    def locate(self, sid: str) -> Place | None:
        """Where a participant is now."""
        found = self._find(sid)
        if found is None:
            return None
        return Place(found.room.name, found.identity, found.claims.attributes)

    def _find(self, peer: str) -> Participant | None:
        found = (room.participants.get(peer) for room in self.rooms.values())
        return next((participant for participant in found if participant is not None), None)

    def _open(self, context: NodeContext, name: str, settings: RoomSettings, now: float) -> Room:
        sid = new_id(ROOM, self._context.randbytes)
        room = Room(context, sid, name, settings, now, self._close)
        self.rooms[room.name] = self._by_sid[sid] = room
        context.notices.room_started(room, now)
        is_quiet = name == context.config.quiet_room
        if not is_quiet and self.guard.calls_agents(room.name):
            room.dispatches.start(now)
        return room

    def _close(self, room: Room) -> None:
        self.rooms.pop(room.name, None)
        self._by_sid.pop(room.sid, None)
