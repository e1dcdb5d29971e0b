"""One room: who is in it, what they publish, and who hears what of whom."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livekit.protocol import models, rtc
from livekit.protocol.agent_dispatch import RoomAgentDispatch

from sfu.commands import RemovePeer
from sfu.events import PeerQuality
from sfu.media import PlayoutDelay
from signaling import messages, subscriber
from signaling.agents.dispatches import Dispatches
from signaling.context import Context, NodeContext
from signaling.fallback import Fallbacks
from signaling.messages import Action
from signaling.news import LARGE, News
from signaling.nonces import Nonces
from signaling.publications import Publication
from signaling.publisher import tell_end, weigh
from signaling.restart import Returns
from signaling.timers import Timer, cancel

if TYPE_CHECKING:
    from signaling.participant import Participant

DEPARTED = 64  # who has left, remembered for those who come back
MAX_DEPARTED = 4096  # bytes for each of them, beyond which metadata is left out


@dataclass(slots=True)
class RoomSettings:
    """From the operator's defaults, and what the room's maker asked for."""

    empty_timeout: int  # seconds
    departure_timeout: int
    max_participants: int  # 0: no limit
    metadata: str = ""
    sync_streams: bool = False  # a publisher's camera and microphone are one stream
    playout_delay: PlayoutDelay | None = None  # that viewers are asked for
    agents: tuple[RoomAgentDispatch, ...] = ()  # to be sent for at the start


@dataclass(slots=True)
class Departed:
    at: float
    info: models.ParticipantInfo


class Room:
    def __init__(
        self,
        context: NodeContext,
        sid: str,
        name: str,
        settings: RoomSettings,
        now: float,
        on_close: Callable[["Room"], None],
    ) -> None:
        self.sid = sid
        self.name = name
        self.settings = settings
        self.participants: dict[str, Participant] = {}  # by sid, in the order of joining
        self.identities: dict[str, Participant] = {}
        self.data_tracks: dict[str, Participant] = {}  # publishers, by track sid
        self.speakers: dict[str, models.SpeakerInfo] = {}  # who speaks now, by sid
        self.qualities: dict[str, PeerQuality] = {}  # as last told, by sid
        self.fallbacks = Fallbacks()
        self._news = News(context.timers, context.config.timers.news, self._tell_news)
        self.departed: deque[Departed] = deque(maxlen=DEPARTED)
        self.returns = Returns()
        self.sif_trailer = context.randbytes(16)
        self.nonces = Nonces()  # of data that the server API sends
        self.context = context
        self.dispatches = Dispatches(self)
        self._created = context.milliseconds(now)
        self._on_close = on_close
        self._refresh: Timer | None = None
        self._closing: Timer | None = context.timers.at(now + settings.empty_timeout, self.close)

    def info(self) -> models.Room:
        # Nobody learns of the hidden by counting.
        visible = [p for p in self.participants.values() if not p.is_hidden]
        return models.Room(
            sid=self.sid,
            name=self.name,
            empty_timeout=self.settings.empty_timeout,
            departure_timeout=self.settings.departure_timeout,
            max_participants=self.settings.max_participants,
            creation_time=self._created // 1000,
            creation_time_ms=self._created,
            enabled_codecs=codecs(self.context),
            metadata=self.settings.metadata,
            num_participants=sum(p.is_counted for p in visible),
            num_publishers=sum(p.is_publisher for p in visible),
            active_recording=self.is_recorded,
        )

    @property
    def is_recorded(self) -> bool:
        return any(p.is_recorder for p in self.participants.values())

    @property
    def track_count(self) -> int:
        """Published and subscribed to."""
        return sum(
            len(p.publications.live) + len(p.subscriptions.active)
            for p in self.participants.values()
        )

    def has_space(self) -> bool:
        counted = sum(p.is_counted for p in self.participants.values())
        return not self.settings.max_participants or counted < self.settings.max_participants

    def seen_by(self, receiver: "Participant") -> list[models.ParticipantInfo]:
        """All others that are not hidden."""
        return [
            p.info() for p in self.participants.values() if p is not receiver and not p.is_hidden
        ]

    def identity_of(self, sid: str) -> str | None:
        participant = self.participants.get(sid)
        return None if participant is None else participant.identity

    def publications(self) -> Iterator[Publication]:
        """All that can be subscribed to. Whom nobody sees, nobody subscribes to."""
        for participant in self.participants.values():
            if not participant.is_hidden:
                yield from participant.publications.live.values()

    # --- coming and going

    def add(self, participant: "Participant", now: float) -> None:
        self.participants[participant.sid] = participant
        self.identities[participant.identity] = participant
        self.dispatches.joined(participant, now)
        if participant.is_counted:
            cancel(self._closing)
            self._closing = None
        if participant.is_recorder:
            self._tell_room(now)
        else:
            self._refresh_later(now)

    def remove(
        self,
        participant: "Participant",
        reason: models.DisconnectReason,
        now: float,
        *,
        is_replaced: bool = False,
    ) -> None:
        """`is_replaced`: by a visible newcomer of the same identity, which tells it all."""
        if self._take_out(participant, reason, now):
            for forwarded in list(participant.forwards):
                forwarded.end(reason, now)
            participant.stop()
            self.context.commands.append(RemovePeer(peer=participant.sid))
            self._tell_gone(participant, now, is_replaced=is_replaced)

    def receive(self, participant: "Participant", now: float) -> None:
        """From another room, with all that it has."""
        self.add(participant, now)
        for info in participant.data_publications.live.values():
            self.data_tracks[info.sid] = participant
        if participant.publications.live:
            self.dispatches.published(participant, now)
        if participant.is_active:
            self.context.notices.joined(participant, now)

    def release(self, participant: "Participant", now: float) -> None:
        """It goes to another room with all that it has; for those who stay, it leaves."""
        state, reason = participant.state, participant.reason
        if self._take_out(participant, models.DisconnectReason.MIGRATION, now):
            self._tell_gone(participant, now)
        participant.state, participant.reason = state, reason

    def _take_out(
        self, participant: "Participant", reason: models.DisconnectReason, now: float
    ) -> bool:
        """False: it is gone already."""
        if self.participants.pop(participant.sid, None) is None:
            return False
        if self.identities.get(participant.identity) is participant:
            del self.identities[participant.identity]
        self.returns.expect(participant.identity, participant.client, now)
        was_there = participant.is_active
        tell_end(participant, now)
        participant.state = models.ParticipantInfo.State.DISCONNECTED
        participant.reason = reason
        participant.version += 1
        self.dispatches.left(participant, now)
        notices = self.context.notices
        notices.left(participant, participant.departure(), now, was_there=was_there)
        return True

    def _tell_gone(
        self, participant: "Participant", now: float, *, is_replaced: bool = False
    ) -> None:
        self.speakers.pop(participant.sid, None)
        self.qualities.pop(participant.sid, None)
        self._tell_departure(participant, now, is_replaced=is_replaced)
        for track in participant.publications.live:
            self.forget_track(track)
        data_tracks = [info.sid for info in participant.data_publications.live.values()]
        for data_track in data_tracks:
            del self.data_tracks[data_track]
        if participant.publications.live or data_tracks:  # else nothing changes for anybody
            self.reconsider(participant, now)
        for data_track in data_tracks:
            self.forget_data_track(data_track)
        for subscription in participant.subscriptions.active.values():
            weigh(self, subscription.publication, now)
        self._close_when_left_alone(now)
        if participant.is_recorder and not self.is_recorded:
            self._tell_room(now)
        else:
            self._refresh_later(now)

    def close(self, now: float) -> None:
        """Also for those who do not keep it open: recorders, agents."""
        cancel(self._closing)
        cancel(self._refresh)
        self.end_all(models.DisconnectReason.ROOM_CLOSED, now)
        cancel(self._closing)
        cancel(self._refresh)
        self._news.stop()
        self._on_close(self)
        self.dispatches.close(now)
        self.context.notices.room_finished(self, now)

    def end_all(
        self,
        reason: models.DisconnectReason,
        now: float,
        action: rtc.LeaveRequest.Action = Action.DISCONNECT,
    ) -> None:
        """All are told before the first is gone, so that nobody hears of the others' leaving."""
        for participant in list(self.participants.values()):
            participant.end_session(reason, action)
        for participant in list(self.participants.values()):
            participant.end(reason, now)

    # --- what is told

    def announce(self, participant: "Participant") -> None:
        """To everybody who may see it, itself included."""
        self._news.forget(participant.sid)
        response = messages.update([participant.info()])
        participant.send(response)
        self._tell_others(participant, response)

    def conceal(self, participant: "Participant") -> None:
        """It becomes hidden: for all others it leaves."""
        info = participant.departure()
        info.state = models.ParticipantInfo.State.DISCONNECTED
        self._tell_others(participant, messages.update([info]))

    def introduce(self, newcomer: "Participant", now: float) -> None:
        """Itself it knows from the JoinResponse."""
        self._mention(newcomer, newcomer.info(), now)

    def announce_active(self, participant: "Participant", now: float) -> None:
        info = participant.info()
        participant.send(messages.update([info]))
        self._mention(participant, info, now)

    def broadcast(self, response: rtc.SignalResponse) -> None:
        for participant in self.participants.values():
            if participant.has_joined:
                participant.send(response)

    def reconsider(self, changed: "Participant", now: float) -> None:
        """What one participant publishes, or lets others have, has changed."""
        publications: dict[str, Publication] = {}  # whose subscribers are others now, by sid
        for participant in list(self.participants.values()):
            if participant is not changed:
                for publication in subscriber.change(participant, now):
                    publications[publication.info.sid] = publication
        for publication in publications.values():
            weigh(self, publication, now)

    def forget_track(self, track: str) -> None:
        for participant in self.participants.values():
            participant.subscriptions.forget(track)

    def forget_data_track(self, track: str) -> None:
        for participant in self.participants.values():
            participant.subscriptions.forget(track)
            participant.data_subscriptions.forget(track)

    def _mention(
        self, participant: "Participant", info: models.ParticipantInfo, now: float
    ) -> None:
        """To the others: soon in a large room, if it publishes nothing, and else at once."""
        if participant.is_hidden:
            return
        if self._may_wait(participant):
            self._news.add(info, now)
        else:
            self._news.forget(participant.sid)
            self._tell_others(participant, messages.update([info]))

    def _may_wait(self, participant: "Participant") -> bool:
        return len(self.participants) > LARGE and not participant.is_publisher

    def _tell_news(self, infos: Iterable[models.ParticipantInfo]) -> None:
        for response in messages.updates(infos, self.context.config):
            for participant in self.participants.values():
                participant.send(response)

    def _tell_others(self, participant: "Participant", response: rtc.SignalResponse) -> None:
        if participant.is_hidden:
            return
        for receiver in self.participants.values():
            if receiver is not participant:
                receiver.send(response)

    # --- time

    def _tell_departure(self, participant: "Participant", now: float, *, is_replaced: bool) -> None:
        if participant.is_hidden:
            return
        info = participant.departure()
        response = messages.update([info])
        if info.ByteSize() > MAX_DEPARTED:
            info.ClearField("metadata")
            info.ClearField("attributes")
        self.departed.append(Departed(now, info))
        if not is_replaced and self._may_wait(participant):
            self._news.add(participant.departure(), now)
            return
        self._news.forget(participant.sid)
        for receiver in self.participants.values():
            # Newer clients take a new sid for the same identity as leaving and joining.
            if not is_replaced or receiver.client.protocol <= 11:
                receiver.send(response)

    def _close_when_left_alone(self, now: float) -> None:
        if self._closing is None and not any(p.is_counted for p in self.participants.values()):
            when = now + self.settings.departure_timeout
            self._closing = self.context.timers.at(when, self.close)

    def _refresh_later(self, now: float) -> None:
        """Participant counts are told, but not with every coming and going."""
        if self._refresh is None:
            when = now + self.context.config.timers.room_refresh
            self._refresh = self.context.timers.at(when, self._tell_room)

    def _tell_room(self, now: float) -> None:
        cancel(self._refresh)
        self._refresh = None
        self.broadcast(messages.room_update(self.info()))


def codecs(context: Context) -> list[models.Codec]:
    enabled = context.config.room.enabled_codecs
    return [models.Codec(mime=codec.mime, fmtp_line=codec.fmtp) for codec in enabled]
