"""What a change of a visit means for its room: carried out once the change is committed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select

from api.clinic.clinic import Clinic
from api.clinic.doors import Entry
from api.clinic.presence import identity_of
from api.clinic.receipts import agreement
from api.clinic.states import count, status_of, times, touch
from api.rules import plans
from api.rules.participation import Part
from api.rules.plans import Plan
from api.rules.visits import Status
from api.rules.waiting import Admission
from api.store.models import LobbyMessage, Meeting, MeetingParticipant, Workspace
from api.store.store import Transaction


async def settle(
    clinic: Clinic, tx: Transaction, meeting: Meeting, gone: Sequence[MeetingParticipant] = ()
) -> None:
    """Whoever changes a visit or who takes part in it ends with this. `gone`: who takes part no
    longer."""
    people = await participants_of(tx, meeting)
    count(meeting, people, tx.now)
    if meeting.status == Status.LIVE and meeting.plan is None:
        meeting.plan = (await plan_now(tx)).value  # it may end under that one
    touch(meeting, tx.now)
    await tx.session.flush()
    entry = await _entry(tx, meeting, people)
    if entry.is_over:  # what is to be kept of the waiting room's messages is in the record
        await tx.session.execute(delete(LobbyMessage).where(LobbyMessage.meeting_id == meeting.id))
    outside = [p for p in people if p.admission != Admission.ADMITTED]
    identities = [identity_of(p.kind, p.subject_id) for p in (*gone, *outside)]
    told = told_of(meeting)

    async def carry_out() -> None:
        clinic.doors.set(meeting.room, entry)
        if entry.is_over:
            await clinic.rooms.close(meeting.room)
        else:
            for identity in identities:
                await clinic.rooms.remove(meeting.room, identity)
            await _send_listeners_home(clinic, meeting.room)
            await clinic.rooms.tell(meeting.room, told)

    tx.afterwards.append(carry_out)
    tell_news(clinic, tx, meeting)


async def settle_consent(clinic: Clinic, tx: Transaction, meeting: Meeting) -> None:
    """Whoever writes down what somebody has said ends with this, with the visit's row locked."""
    entry = await _entry(tx, meeting, await participants_of(tx, meeting))

    async def carry_out() -> None:
        clinic.doors.set(meeting.room, entry)
        await _send_listeners_home(clinic, meeting.room)

    tx.afterwards.append(carry_out)
    tell_news(clinic, tx, meeting)


async def _send_listeners_home(clinic: Clinic, room: str) -> None:
    """Where not all have agreed any more. They are asked for again once all have."""
    if not clinic.doors.may_listen(room):
        await clinic.rooms.send_agents_home(room)


def tell_news(clinic: Clinic, tx: Transaction, meeting: Meeting) -> None:
    """To all who wait for a change, once it is committed."""

    async def ring() -> None:
        clinic.news.ring(meeting.workspace_id)

    tx.afterwards.append(ring)


def told_of(meeting: Meeting) -> dict[str, object]:
    """The metadata of its room, for all who are in it."""
    return {
        "meeting": str(meeting.id),
        "endsAt": times(meeting).ends.isoformat(),
        "locked": meeting.locked,
    }


async def _entry(
    tx: Transaction, meeting: Meeting, people: Sequence[MeetingParticipant]
) -> Entry:  # fmt: skip
    plan, now = await plan_now(tx), tx.now
    begun = plans.plan_of(meeting.plan) if meeting.plan else None
    admitted = {
        identity_of(p.kind, p.subject_id): Part(p.role)
        for p in people
        if p.admission == Admission.ADMITTED
    }
    return Entry(
        meeting=meeting.id,
        version=meeting.version,
        admitted=admitted,
        seats=plans.SEATS[plans.in_force(plan, begun)],
        is_over=status_of(meeting, now).is_over,
        listening=await agreement(tx, meeting.id, admitted),
    )


async def read_entry(clinic: Clinic, workspace: UUID, room: str) -> Entry | None:
    """Raises Unavailable."""
    async with clinic.store.reading(workspace) as tx:
        meeting = await tx.session.scalar(select(Meeting).where(Meeting.room == room))
        if meeting is None:
            return None
        return await _entry(tx, meeting, await participants_of(tx, meeting))


async def participants_of(tx: Transaction, meeting: Meeting) -> list[MeetingParticipant]:
    query = select(MeetingParticipant).where(MeetingParticipant.meeting_id == meeting.id)
    return list((await tx.session.scalars(query)).all())


async def plan_now(tx: Transaction) -> Plan:
    return plans.plan_of((await tx.session.scalars(select(Workspace))).one().plan)
