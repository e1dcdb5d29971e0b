"""What the time brings to visits: they open, are missed, and end; and who waits with no page open
is away."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from api.clinic.clinic import Clinic
from api.clinic.settling import participants_of, settle, told_of
from api.clinic.states import catch_up, happen, times
from api.rules import visits
from api.rules.auditing import Act
from api.rules.plans import Provider
from api.rules.visits import Event, Status
from api.rules.waiting import WAITING, Admission, Move, moved
from api.store.models import Meeting, MeetingParticipant
from api.store.store import Transaction

AHEAD = timedelta(hours=1)  # visits that are looked at: longer than between two looks
LONGEST_SLEEP = timedelta(seconds=20)  # a visit may have been made meanwhile
WARM = timedelta(minutes=10)  # before the appointment that its room is made
GOING = [status.value for status in Status if not status.is_over]


class Timekeeper:
    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic
        self._warm: set[UUID] = set()

    async def look(self, workspace: UUID) -> timedelta:
        """Write what has come; how long nothing else will. Raises Unavailable."""
        async with self._clinic.store.reading(workspace) as tx:
            query = select(Meeting).where(
                Meeting.status.in_(GOING), Meeting.starts_at <= tx.now + AHEAD
            )
            near = list(await tx.session.scalars(query))
            now = tx.now
        for meeting in near:
            if is_due(meeting, now):
                async with self._clinic.store.writing(workspace) as tx:
                    await self._bring(tx, meeting.id)
            elif now >= meeting.starts_at - WARM:
                await self._make_room(meeting)
        self._warm &= {meeting.id for meeting in near}
        moments = [at for meeting in near for at in moments_of(meeting) if at > now]
        moments += [at for at in await self._look_for_pages(workspace, near) if at > now]
        return min([LONGEST_SLEEP, *(at - now for at in moments)])

    async def _look_for_pages(self, workspace: UUID, near: list[Meeting]) -> list[datetime]:
        """Whoever has closed theirs waits no more; when others may be found to have."""
        pages = self._clinic.pages
        moments: list[datetime] = []
        open_ids = [m.id for m in near if Status(m.status) in (Status.LOBBY, Status.LIVE)]
        if not open_ids:
            return []
        async with self._clinic.store.reading(workspace) as tx:
            query = select(MeetingParticipant).where(
                MeetingParticipant.meeting_id.in_(open_ids),
                MeetingParticipant.admission.in_(WAITING),
            )
            waiting = list(await tx.session.scalars(query))
        for person in waiting:
            if pages.gone_at(person.id) <= tx.now:
                async with self._clinic.store.writing(workspace) as writing:
                    await self._lose(writing, person.meeting_id, person.id)
            else:
                moments.append(pages.gone_at(person.id))
        return moments

    async def _lose(self, tx: Transaction, meeting_id: UUID, id: UUID) -> None:
        query = select(Meeting).where(Meeting.id == meeting_id).with_for_update()
        meeting = (await tx.session.scalars(query)).one()
        one = select(MeetingParticipant).where(MeetingParticipant.id == id)
        person = await tx.session.scalar(one)
        if person is None or self._clinic.pages.gone_at(id) > tx.now:
            return
        state = moved(Admission(person.admission), Move.VANISH)
        if state is not None:
            person.admission = state.value
            detail = {"participant": str(id)}
            tx.tell(Act("meeting.away", "meeting", str(meeting_id), detail=detail))
            await settle(self._clinic, tx, meeting)

    async def _bring(self, tx: Transaction, id: UUID) -> None:
        query = select(Meeting).where(Meeting.id == id).with_for_update()
        meeting = (await tx.session.scalars(query)).one()
        before = meeting.status
        catch_up(meeting, tx.now)
        if meeting.status == Status.LIVE and tx.now >= times(meeting).ends:
            people = await participants_of(tx, meeting)
            if not any(person.is_present for person in people):
                happen(meeting, Event.FINISHED, tx.now)
        if meeting.status != before:
            what = Act(f"meeting.{meeting.status}", "meeting", str(id), detail={"by": "time"})
            tx.tell(what)
            await settle(self._clinic, tx, meeting)

    async def _make_room(self, meeting: Meeting) -> None:
        """So that the first to come does not wait for it."""
        if meeting.id not in self._warm and meeting.provider == Provider.LIVEKIT:
            self._warm.add(meeting.id)
            await self._clinic.rooms.open(meeting.room, told_of(meeting))


def is_due(meeting: Meeting, now: datetime) -> bool:
    own, status = times(meeting), Status(meeting.status)
    is_long = status is Status.LIVE and now >= own.ends  # it ends once it is empty
    return is_long or visits.due(status, own, now) is not None


def moments_of(meeting: Meeting) -> list[datetime]:
    """When something may come."""
    own = times(meeting)
    return [own.opens, own.begins - WARM, own.ends, own.missed, own.closes]
