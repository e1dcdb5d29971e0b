"""Who is in which visit, by the media server's own events: written in their order, once each.

Nobody's call waits for the database: what cannot be written now waits here until it can.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from livekit.protocol.webhook import WebhookEvent
from sqlalchemy import select

from api.clinic.clinic import Clinic
from api.clinic.meetings import MeetingKind
from api.clinic.settling import participants_of, settle
from api.clinic.states import catch_up, happen, times
from api.rules.auditing import Act
from api.rules.rooms import workspace_of_room
from api.rules.visits import Event
from api.store.errors import Conflict, Unavailable
from api.store.models import Meeting, MeetingParticipant
from api.store.store import Transaction, kind, undisturbed

WAITING = 20_000  # events, while the database is away
RETRY = 1.0  # seconds
HEARD = {"participant_joined", "participant_left", "room_finished"}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that has happened in a visit's room."""

    what: str
    workspace: UUID
    room: str
    identity: str
    at: datetime


class Attendance:
    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self._seen: deque[Seen] = deque(maxlen=WAITING)
        self._is_there = asyncio.Event()

    def hear(self, events: Iterable[WebhookEvent]) -> None:
        """At once, in the media server's own turn."""
        for event in events:
            workspace = workspace_of_room(event.room.name)
            if event.event not in HEARD or workspace is None:
                continue
            identity = event.participant.identity
            now = self._clinic.store.now()
            self._seen.append(Seen(event.event, workspace, event.room.name, identity, now))
            self._is_there.set()

    async def keep(self) -> None:
        """Until cancelled."""
        while True:
            await self._is_there.wait()
            if not await undisturbed(self.write()):
                await asyncio.sleep(RETRY)

    async def write(self) -> bool:
        """All that was heard; False when it has to wait on."""
        while self._seen:
            seen = self._seen[0]
            try:
                async with self._clinic.store.writing(seen.workspace) as tx:
                    await _write(self._clinic, tx, seen)
            except (Unavailable, Conflict):
                return False
            except Exception as error:  # nothing here may end the server
                logger.error("an event of a visit cannot be written: %s", kind(error))
            self._seen.popleft()
        self._is_there.clear()
        return True


async def _write(clinic: Clinic, tx: Transaction, seen: Seen) -> None:
    query = select(Meeting).where(Meeting.room == seen.room).with_for_update()
    meeting = await tx.session.scalar(query)
    if meeting is None:
        return
    people = await participants_of(tx, meeting)
    if seen.what == "room_finished":
        for person in people:
            _leave(person, seen.at)
        is_due = meeting.kind == MeetingKind.CALL or seen.at >= times(meeting).ends
        if is_due and happen(meeting, Event.FINISHED, seen.at):
            tx.tell(Act("meeting.end", "meeting", str(meeting.id), detail={"by": "all have left"}))
    else:
        person_seen = next((p for p in people if _is(p, seen.identity)), None)
        if person_seen is None:
            return  # a recorder
        if seen.what == "participant_joined":
            person_seen.joined_at, person_seen.left_at = seen.at, None
        else:
            _leave(person_seen, seen.at)
    catch_up(meeting, tx.now)
    await settle(clinic, tx, meeting)


def _leave(person: MeetingParticipant, at: datetime) -> None:
    if person.is_present:
        person.left_at = at


def _is(person: MeetingParticipant, identity: str) -> bool:
    return f"{person.kind}-{person.subject_id}" == identity


async def nobody_is_there(clinic: Clinic, workspace: UUID) -> None:
    """At the start of the server: whoever was in a room is not any more."""
    async with clinic.store.writing(workspace) as tx:
        query = select(MeetingParticipant).where(
            MeetingParticipant.joined_at.is_not(None), MeetingParticipant.left_at.is_(None)
        )
        for person in await tx.session.scalars(query):
            person.left_at = tx.now
