"""Calls at once, between two: somebody who works here rings, and whoever is called may come in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, select

from api.clinic import meetings, participants
from api.clinic.caller import Visit, demand
from api.clinic.clinic import get
from api.clinic.entry import Ticket, ticket
from api.clinic.errors import Forbidden, InTheWay
from api.clinic.meetings import MeetingKind, Wanted
from api.clinic.participants import Invitee
from api.clinic.presence import identity_of
from api.rules.participation import BY_ROLE, Kind, Part
from api.rules.plans import Provider
from api.rules.private import Private
from api.rules.roles import Permission, Role
from api.rules.visits import Status
from api.rules.waiting import Admission
from api.store.models import Guest, Meeting, MeetingParticipant, Staff

RINGS = timedelta(seconds=45)
LENGTH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ringing:
    """A call that waits to be answered, as whoever is called sees it."""

    meeting: Meeting
    caller: MeetingParticipant
    name: Private | None  # of the caller


async def call(visit: Visit, kind: Kind, id: UUID) -> Ticket:
    """Raises Missing, Forbidden, InTheWay."""
    demand(visit.tx, visit.caller, Permission.MEETINGS_HOST)
    role = visit.caller.role
    if visit.staff_id is None or role is None or role not in BY_ROLE:
        raise Forbidden("forbidden", "Only people take part in calls.")
    if (kind, id) == (Kind.STAFF, visit.staff_id):
        raise InTheWay("is_oneself", "Nobody calls themselves: choose somebody else.")
    if visit.clinic.presence.is_there(identity_of(kind.value, id)):
        raise InTheWay("busy", "They are in another call: try again later.")
    callee = Invitee(kind, id, await _part(visit, kind, id))
    own = Invitee(Kind.STAFF, visit.staff_id, BY_ROLE[role])
    meeting = await meetings.create(
        visit,
        Wanted(
            starts_at=visit.tx.now,
            minutes=int(LENGTH.total_seconds() // 60),
            patient_id=id if kind is Kind.PATIENT else None,
            invitees=(own, callee),
            provider=Provider.LIVEKIT,  # nobody can be rung elsewhere
            kind=MeetingKind.CALL,
            rings_until=visit.tx.now + RINGS,
        ),
    )
    called = await participants.find(visit.tx, meeting, kind, id)
    assert called is not None
    called.admission, called.admitted_at = Admission.ADMITTED.value, visit.tx.now
    return await ticket(visit, meeting.id)


async def ringing(visit: Visit) -> list[Ringing]:
    """The caller's own, the newest one first."""
    kind = visit.caller.kind.value
    if kind not in set(Kind):
        raise Forbidden("forbidden", "Only people are called.")
    own = exists().where(
        MeetingParticipant.meeting_id == Meeting.id,
        MeetingParticipant.kind == kind,
        MeetingParticipant.subject_id == visit.caller.id,
    )
    found: Sequence[Meeting] = (
        await visit.tx.session.scalars(
            select(Meeting)
            .where(
                Meeting.kind == MeetingKind.CALL.value,
                Meeting.status == Status.OPEN.value,
                Meeting.rings_until > visit.tx.now,
                Meeting.created_by != visit.caller.id,
                own,
            )
            .order_by(Meeting.created_at.desc())
        )
    ).all()
    calls = []
    for meeting in found:
        people = await participants.of(visit.tx, meeting)
        caller = next(p for p in people if p.subject_id == meeting.created_by)
        name = (await participants.names(visit.tx, [caller])).get(caller.id)
        calls.append(Ringing(meeting, caller, name))
    visit.clinic.shown.tell(visit, "call.list", [one.meeting.id for one in calls])
    return calls


async def _part(visit: Visit, kind: Kind, id: UUID) -> Part:
    """As whom somebody is called. Raises Missing, InTheWay."""
    if kind is Kind.PATIENT:
        return Part.PATIENT
    if kind is Kind.GUEST:
        return Part((await get(visit.tx, Guest, id, "guest")).kind)
    role = Role((await get(visit.tx, Staff, id, "member of staff")).role)
    if role not in BY_ROLE:
        raise InTheWay("takes_no_calls", "An auditor takes part in no calls.")
    return BY_ROLE[role]
