"""What is told to the operator's own programs: LiveKit's webhook events, in order.

Rooms and participants are told in full, tracks with the names of both alone (LiveKit); a resume is
told to nobody.
"""

from typing import TYPE_CHECKING

from livekit.protocol import models
from livekit.protocol.webhook import WebhookEvent

from signaling.ids import EVENT, RandBytes, new_id

if TYPE_CHECKING:
    from signaling.participant import Participant
    from signaling.room import Room


class Notices:
    """Fill a list that somebody takes; nothing at all when nobody wants it."""

    def __init__(
        self, *, wanted: bool, full_rooms: bool, randbytes: RandBytes, quiet: str = ""
    ) -> None:
        """`quiet`: the name of a room that nothing is told of."""
        self._wanted = wanted
        self._quiet = quiet
        self._full_rooms = full_rooms  # with tracks too (YAML `room.enable_full_room_in_webhooks`)
        self._randbytes = randbytes
        self._events: list[WebhookEvent] = []

    def take(self) -> list[WebhookEvent]:
        taken, self._events = self._events, []
        return taken

    def room_started(self, room: "Room", now: float) -> None:
        self._add("room_started", room, now, room=self._whole(room))

    def room_finished(self, room: "Room", now: float) -> None:
        self._add("room_finished", room, now, room=self._whole(room))

    def joined(self, participant: "Participant", now: float) -> None:
        """Only who has media counts as there."""
        room = participant.room
        info = participant.info() if self._wanted else None
        self._add("participant_joined", room, now, room=self._whole(room), participant=info)
        for publication in participant.publications.live.values():
            self.published(participant, publication.info, now)

    def left(
        self,
        participant: "Participant",
        info: models.ParticipantInfo,
        now: float,
        *,
        was_there: bool,
    ) -> None:
        room = participant.room
        name = "participant_left" if was_there else "participant_connection_aborted"
        self._add(name, room, now, room=self._whole(room), participant=info)

    def published(self, participant: "Participant", track: models.TrackInfo, now: float) -> None:
        """Never before its publisher is there."""
        if participant.is_active:
            self._add_track("track_published", participant, track, now)

    def unpublished(self, participant: "Participant", track: models.TrackInfo, now: float) -> None:
        if participant.is_active:
            self._add_track("track_unpublished", participant, track, now)

    def _add_track(
        self, name: str, participant: "Participant", track: models.TrackInfo, now: float
    ) -> None:
        room = participant.room
        brief = models.Room(sid=room.sid, name=room.name)
        who = models.ParticipantInfo(sid=participant.sid, identity=participant.identity)
        whole = self._whole(room) if self._full_rooms else brief
        self._add(name, room, now, room=whole, participant=who, track=track)

    def _whole(self, room: "Room") -> models.Room | None:
        return room.info() if self._wanted else None

    def _add(
        self,
        name: str,
        where: "Room",
        now: float,
        *,
        room: models.Room | None = None,
        participant: models.ParticipantInfo | None = None,
        track: models.TrackInfo | None = None,
    ) -> None:
        if not self._wanted or where.name == self._quiet:
            return
        event = WebhookEvent(
            event=name,
            room=room,
            participant=participant,
            track=track,
            id=new_id(EVENT, self._randbytes),
            created_at=int(where.context.unix(now)),
        )
        self._events.append(event)
