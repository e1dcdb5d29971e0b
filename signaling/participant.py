"""One participant: who it is, what it may do, what it publishes and receives.

It outlives its signaling connections (`session`), and ends when its media does.
"""

from collections.abc import Mapping
from dataclasses import replace

from livekit.protocol import models, rtc

from sfu.commands import AddPeer, ConnectTransport, TellSequence
from signaling import messages, publisher, subscriber, tokens
from signaling.admission import Admission
from signaling.blobs import Blobs
from signaling.calls import Calls
from signaling.context import NodeContext
from signaling.datatracks import DataPublications, DataSubscriptions
from signaling.dualconnection import DualConnection
from signaling.failures import Failures
from signaling.lifecycle import Lifecycle
from signaling.limits import Bucket, Throttle
from signaling.messages import Action, Reason, refusal
from signaling.negotiation.outcome import Outcome, PendingTrack, Wish
from signaling.peer import Connection
from signaling.permissions import SubscriptionPermissions
from signaling.publications import Publications
from signaling.restart import Restart
from signaling.returning import Accidents, Return
from signaling.room import Room
from signaling.rules import rules_for
from signaling.session import Session
from signaling.singleconnection import SingleConnection
from signaling.subscriptions import Subscriptions
from signaling.timers import Timer, cancel
from signaling.way import Way

State = models.ParticipantInfo.State


class Participant:
    def __init__(
        self, context: NodeContext, room: Room, admission: Admission, sid: str, now: float
    ) -> None:
        self.context = context
        self.source: Participant | None = None  # in another room, whose tracks these are
        self.forwards: list[Participant] = []  # where this one's tracks are shown too
        self.room = room
        self.sid = sid
        self.claims = admission.claims
        self.grant = admission.grant
        self.client = admission.request.client_info
        self.is_single = admission.single
        self._is_bare = admission.is_bare
        self.joined_at = context.milliseconds(now)
        self.state = State.JOINING
        self.reason = models.DisconnectReason.UNKNOWN_REASON
        self.version = 0
        self.session: Session | None = None
        self.last_heard = now  # the last message of the client
        self.accidents = Accidents()
        self._return: Return | None = None
        self._restart: Restart | None = None
        self.calls = Calls(context.timers)
        limits = context.config.limits
        self.publications = Publications(sid, limits, context.randbytes)
        self.subscriptions = Subscriptions(admission.request.connection_settings, limits)
        self.blobs = Blobs()
        self.data_publications = DataPublications()
        self.data_subscriptions = DataSubscriptions(
            admission.request.connection_settings,
            limits,
            int.from_bytes(context.randbytes(2), "big"),
        )
        self.permissions = SubscriptionPermissions()
        self._fanouts = Bucket(limits.fanouts_per_second, limits.fanouts_burst, now)
        self._publishes = Bucket(limits.publishes_per_second, limits.publishes_burst, now)
        self._news = Throttle(context.timers, self._fanouts, self._announce)
        self._permissions = Throttle(context.timers, self._fanouts, self._reconsider_all)
        self._refresh: Timer | None = None
        self.way = Way(context, room.fallbacks, self.identity, self.client, now)
        self.node = self.way.node
        self.rules = rules_for(self.client, context.config, room.settings, room.sif_trailer)
        context.commands.append(self._add_peer())
        self.connection = self._connection()
        self.lifecycle = Lifecycle(self, self.connection.primary, now)
        self.failures = Failures(self)

    @property
    def identity(self) -> str:
        return self.claims.identity

    @property
    def is_hidden(self) -> bool:
        return self.grant.hidden

    @property
    def is_active(self) -> bool:
        return self.state == State.ACTIVE

    @property
    def is_counted(self) -> bool:
        """Recorders and agents neither fill a room nor keep it open (LiveKit)."""
        return is_counted(self.claims, self.grant)

    @property
    def is_publisher(self) -> bool:
        return bool(self.publications.live or self.data_publications.live)

    @property
    def is_recorder(self) -> bool:
        return self.grant.recorder or self.claims.kind == "egress"

    @property
    def is_agent(self) -> bool:
        return is_agent(self.claims, self.grant)

    @property
    def has_joined(self) -> bool:
        return self.state in (State.JOINED, State.ACTIVE)

    @property
    def is_reachable(self) -> bool:
        return self.session is not None

    @property
    def is_deaf(self) -> bool:
        """It has just begun anew, and is told of others in a moment."""
        return self._restart is not None

    @property
    def pending(self) -> list[PendingTrack]:
        return self.publications.pending if self.grant.may_publish else []

    def wishes(self) -> list[Wish]:
        wishes = self.subscriptions.wishes()
        if self.client.browser.lower() != "firefox":
            return wishes
        # It has ids of its own for tracks, so the stream must tell which one it is.
        return [replace(wish, stream=f"{wish.publisher}|{wish.track}") for wish in wishes]

    def info(self) -> models.ParticipantInfo:
        """As everybody sees it."""
        kinds, details = (
            models.ParticipantInfo.Kind.keys(),
            models.ParticipantInfo.KindDetail.keys(),
        )
        kind = self.claims.kind.upper()
        return models.ParticipantInfo(
            sid=self.sid,
            identity=self.identity,
            name=self.claims.name,
            metadata=self.claims.metadata,
            attributes=self.claims.attributes,
            state=self.state,
            tracks=self.publications.infos(),
            joined_at=self.joined_at // 1000,
            joined_at_ms=self.joined_at,
            version=self.version,
            region=self.context.config.region,
            permission=messages.permission(self.grant),
            data_tracks=self.data_publications.live.values(),
            is_publisher=self.is_publisher,
            kind=kind if kind in kinds else "STANDARD",
            kind_details=[d.upper() for d in self.claims.kind_details if d.upper() in details],
            disconnect_reason=self.reason,
            client_protocol=self.client.client_protocol,
            capabilities=self.client.capabilities,
        )

    def departure(self) -> models.ParticipantInfo:
        """The last that others hear of it; clients take what is missing for a change."""
        info = self.info()
        info.ClearField("tracks")
        info.ClearField("data_tracks")
        return info

    def send(self, response: rtc.SignalResponse) -> None:
        """Lost without a session: the snapshot at the resume makes up for it."""
        if self._restart is not None and self._restart.keeps(response):
            return
        if self.session is not None:
            self.session.send(response)

    # --- its part of the room

    def announce(self, now: float) -> None:
        """Tell everybody that this participant has changed, within its share of messages."""
        self.version += 1
        self._news.call(now)

    def permit(self, request: rtc.SubscriptionPermission, now: float) -> None:
        """Whom it lets subscribe to its tracks."""
        if self.permissions.update(request, self.room.identity_of):
            self._permissions.call(now)

    def may_fan_out(self, now: float) -> bool:
        """One more request that everybody hears of; False: too many."""
        return self._fanouts.take(now)

    def may_publish_another(self, now: float) -> bool:
        """Of any kind; False: too many, those that have ended included."""
        return self._publishes.take(now)

    def refresh(self, now: float) -> None:
        """Of a forwarded one: take over what its source has changed."""

    def refresh_forwards(self, now: float) -> None:
        for forwarded in self.forwards:
            forwarded.refresh(now)

    def activate(self, now: float) -> None:
        self.state = State.ACTIVE
        self.version += 1
        self.room.announce_active(self, now)
        self.refresh_forwards(now)
        self.context.notices.joined(self, now)
        subscriber.tell_publishers(self)
        self.failures.listen(now)

    def apply(self, outcome: Outcome, now: float) -> None:
        """Carry out what a negotiation led to. A track is announced before it is forwarded."""
        self.context.commands += outcome.commands
        for command in outcome.commands:
            if isinstance(command, ConnectTransport) and command.transport == (
                self.connection.primary
            ):
                self.lifecycle.needs_channels = command.has_data
        publisher.end_tracks(self, outcome.unpublished, now)
        publisher.begin_tracks(self, outcome.published, now)
        for track in outcome.bound:
            subscriber.bind(self, track)
        for track in outcome.unsupported:
            subscriber.refuse(self, track, now)
        if outcome.unpublished:
            self._announce_unblocked(now)

    def publish(self, request: rtc.AddTrackRequest, now: float) -> None:
        """Answer an AddTrackRequest (LiveKit)."""
        if not publisher.may_publish(self, request.source):
            self.send(refusal(Reason.NOT_ALLOWED, add_track=request))
            return
        answer = self.publications.announce(request, self.rules)
        if not isinstance(answer, models.TrackInfo):
            self.send(refusal(answer, add_track=request))
            return
        self.send(messages.track_published(request.cid, answer))
        self.failures.announce(answer.sid, now)

    def set_own_fields(self, name: str, metadata: str, attributes: Mapping[str, str]) -> None:
        """Empty means unchanged; an attribute with an empty value is removed (LiveKit)."""
        merged = {**self.claims.attributes, **attributes}
        self.claims = replace(
            self.claims,
            name=name or self.claims.name,
            metadata=metadata or self.claims.metadata,
            attributes={key: value for key, value in merged.items() if value},
        )

    # --- its signaling connection

    def attach(self, session: Session, now: float) -> None:
        """This connection speaks for the participant now; an older one ends without a word."""
        if self.session is not None:
            self.session.finish()
        self.session = session
        self.last_heard = now

    def await_return(self, awaited: Return) -> None:
        """Clients repeat what the media plane has not got, so it is asked first. Until it answers
        the session hears nothing: `reconnect` must be its first message."""
        if self._return is not None:
            self._return.session.finish()
        self._return = awaited
        self.context.commands.append(TellSequence(peer=self.sid))

    def receive_sequence(self, sequence: int, now: float) -> None:
        awaited, self._return = self._return, None
        if awaited is not None and not awaited.session.is_over:
            awaited.welcome(sequence, now)

    def detach(self, session: Session, now: float) -> None:
        if self.session is session:
            self.session = None
            cancel(self._refresh)
            self.lifecycle.lose_signal(now)

    def fresh_token(self, now: float) -> str:
        key, secret = next(iter(self.context.keys.items()))
        return tokens.refresh(self.claims, key, secret, now=self.context.unix(now))

    def send_token(self, now: float) -> None:
        """A fresh token at once and every five minutes (LiveKit)."""
        self.send(rtc.SignalResponse(refresh_token=self.fresh_token(now)))
        cancel(self._refresh)
        when = now + self.context.config.timers.refresh_token
        self._refresh = self.context.timers.at(when, self.send_token)

    def keep_news(self, now: float) -> None:
        """The client has begun anew: what others do is told when it listens again."""
        self._restart = Restart(self.context.timers, self._tell_kept, now)

    def _tell_kept(self, now: float) -> None:
        restart, self._restart = self._restart, None
        if restart is not None:
            for response in restart.take():
                self.send(response)
            subscriber.reconsider(self, now)

    def fall_back(self, lasted: float, now: float) -> None:
        """Its media, there for so many seconds, is lost."""
        if self.session is not None:
            self.way.lose(lasted, self.last_heard, now)

    def restart(self, now: float) -> None:
        """The two sides disagree: the client shall begin anew."""
        reason = models.DisconnectReason.STATE_MISMATCH
        self.end_session(reason, Action.RECONNECT)
        self.end(reason, now)

    def end_session(self, reason: models.DisconnectReason, action: rtc.LeaveRequest.Action) -> None:
        """Say why, then close the signaling connection."""
        self.send(messages.leave(reason, action))
        if self.session is not None:
            self.session.finish()
            self.session = None
            cancel(self._refresh)

    def end(self, reason: models.DisconnectReason, now: float) -> None:
        """Leave the room."""
        self.room.remove(self, reason, now)

    def stop(self) -> None:
        """The room has let go of it."""
        self.lifecycle.stop()
        self.failures.stop()
        self.connection.close()
        for publication in self.publications.live.values():
            publication.stop()
        self._news.stop()
        self._permissions.stop()
        self.calls.stop()
        if self._restart is not None:
            self._restart.stop()
        cancel(self._refresh)
        if self._return is not None:
            self._return.refuse()
            self._return = None
        if self.session is not None:
            self.session.finish()
            self.session = None

    def _announce(self, now: float) -> None:
        self.room.announce(self)
        self.refresh_forwards(now)

    def _reconsider_all(self, now: float) -> None:
        for each in (self, *self.forwards):
            each.room.reconsider(each, now)

    def _announce_unblocked(self, now: float) -> None:
        """A cid is free again: the requests that waited for it are handled now."""
        unblocked = self.publications.take_unblocked()
        for request in unblocked:
            self.publish(request, now)
        if unblocked:
            self.connection.receive_pending(now)

    def _connection(self) -> Connection:
        if self.is_single:
            return SingleConnection(self, self.rules)
        return DualConnection(self, self.rules, subscribes=self.grant.may_subscribe)

    def _add_peer(self) -> AddPeer:
        return AddPeer(
            room=self.room.sid,
            peer=self.sid,
            identity=self.identity,
            hidden=self.is_hidden,
            can_publish_data=self.grant.may_publish_data,
            is_agent=self.is_agent,
            is_bare=self._is_bare,
        )


def is_agent(claims: tokens.Claims, grant: tokens.VideoGrant) -> bool:
    return claims.kind == "agent" or grant.agent


def is_counted(claims: tokens.Claims, grant: tokens.VideoGrant) -> bool:
    return not (grant.recorder or grant.agent or claims.kind in ("agent", "egress"))
