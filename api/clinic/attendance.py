"""Who is in which visit, by the media server's own events: written in their order, once each.

Nobody's call waits for the database: what cannot be written now waits here until it can, and
whoever changes a visit then does so after it: a visit that two have attended is not called off.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from livekit.protocol.webhook import WebhookEvent
from sqlalchemy import select

from api.clinic.clinic import Clinic
from api.clinic.meetings import MeetingKind
from api.clinic.settling import participants_of, settle
from api.clinic.states import catch_up, count, happen, times
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
    """Something that has happened in a visit's room. `number`: 0 is the first that was seen."""

    number: int
    what: str
    workspace: UUID
    room: str
    identity: str
    at: datetime


class Attendance:
    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self._rooms: dict[str, list[Seen]] = {}  # whose oldest is older comes first
        self._waiting = 0
        self._count = 0
        self._is_there = asyncio.Event()
        self._attempt: asyncio.Future[None] | None = None  # at the first room

    def hear(self, events: Iterable[WebhookEvent]) -> None:
        """At once, in the media server's own turn."""
        for event in events:
            workspace = workspace_of_room(event.room.name)
            if event.event not in HEARD or workspace is None:
                continue
            identity, now = event.participant.identity, self._clinic.store.now()
            room = event.room.name
            seen = Seen(self._count, event.event, workspace, room, identity, now)
            self._rooms.setdefault(room, []).append(seen)
            self._count += 1
            self._waiting += 1
            if self._waiting > WAITING:
                self._forget(next(iter(self._rooms)), 1)
            self._is_there.set()

    async def keep(self) -> None:
        """Until cancelled."""
        while True:
            await self._is_there.wait()
            if not await undisturbed(self.write()):
                await asyncio.sleep(RETRY)

    async def write(self) -> bool:
        """All that was heard; False when it has to wait on."""
        try:
            while self._rooms:
                await self._write_first()
        except (Unavailable, Conflict):
            return False
        return True

    async def write_until_now(self) -> None:
        """For whoever is about to read or change visits: what was heard before. Raises
        Unavailable."""
        count = self._count
        with suppress(Conflict):  # `keep` tries again
            while self._rooms and next(iter(self._rooms.values()))[0].number < count:
                await self._write_first()

    async def _write_first(self) -> None:
        """All who wait for it share one attempt. Raises Unavailable, Conflict."""
        if self._attempt is None or self._attempt.done():
            self._attempt = asyncio.ensure_future(self._try(next(iter(self._rooms))))
        await asyncio.shield(self._attempt)

    async def _try(self, room: str) -> None:
        seen = tuple(self._rooms[room])
        try:
            async with self._clinic.store.writing(seen[0].workspace) as tx:
                await _write(self._clinic, tx, seen)
        except (Unavailable, Conflict):
            raise
        except Exception as error:  # nothing here may end the server
            logger.error("an event of a visit cannot be written: %s", kind(error))
        left = self._rooms.get(room, ())
        self._forget(room, sum(one.number <= seen[-1].number for one in left))

    def _forget(self, room: str, count: int) -> None:
        """The oldest of a room."""
        if count and (later := self._rooms.pop(room)[count:]):
            self._rooms[room] = later
        self._waiting -= count
        if not self._rooms:
            self._is_there.clear()


async def _write(clinic: Clinic, tx: Transaction, seen: Sequence[Seen]) -> None:
    """All of one room. Together: whoever came second has come before the time is looked at."""
    query = select(Meeting).where(Meeting.room == seen[0].room).with_for_update()
    meeting = await tx.session.scalar(query)
    if meeting is None:
        return
    people = await participants_of(tx, meeting)
    if any([_take(tx, meeting, people, one) for one in seen]):
        catch_up(meeting, tx.now)
        await settle(clinic, tx, meeting)


def _take(
    tx: Transaction, meeting: Meeting, people: Sequence[MeetingParticipant], seen: Seen
) -> bool:
    """As it was then: what is written late was not late. Whether it says anything of the visit."""
    if seen.what == "room_finished":
        for person in people:
            _leave(person, seen.at)
        is_due = meeting.kind == MeetingKind.CALL or seen.at >= times(meeting).ends
        if is_due and happen(meeting, Event.FINISHED, seen.at):
            tx.tell(Act("meeting.end", "meeting", str(meeting.id), detail={"by": "all have left"}))
        return True
    person_seen = next((p for p in people if _is(p, seen.identity)), None)
    if person_seen is None:
        return False  # a recorder
    if seen.what == "participant_joined":
        person_seen.joined_at, person_seen.left_at = seen.at, None
    else:
        _leave(person_seen, seen.at)
    catch_up(meeting, seen.at)
    count(meeting, people, seen.at)
    return True


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
