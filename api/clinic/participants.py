"""Who takes part in a visit."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from api.clinic.caller import Visit
from api.clinic.clinic import get
from api.clinic.errors import InTheWay, Refusal, missing
from api.clinic.patients import find as find_patient
from api.rules.auditing import Act
from api.rules.participation import PARTS, Kind, Part, Rsvp, is_host
from api.rules.private import Private
from api.rules.waiting import Admission
from api.store.models import Guest, Meeting, MeetingParticipant, Patient, Staff, Visitor
from api.store.store import Transaction

TABLES: dict[Kind, type[Staff] | type[Patient] | type[Guest] | type[Visitor]] = {
    Kind.STAFF: Staff,
    Kind.PATIENT: Patient,
    Kind.GUEST: Guest,
    Kind.HQ: Visitor,
}

ORDER = {part.value: n for n, part in enumerate(Part)}


@dataclass(frozen=True, slots=True)
class Invitee:
    kind: Kind
    id: UUID
    part: Part


async def add(visit: Visit, meeting: Meeting, invitee: Invitee) -> MeetingParticipant:
    """Raises Missing, Forbidden, Refusal, InTheWay."""
    await _check(visit, invitee)
    return await place(visit, meeting, invitee)


async def place(visit: Visit, meeting: Meeting, invitee: Invitee) -> MeetingParticipant:
    """Without asking who that is. Raises InTheWay."""
    if await find(visit.tx, meeting, invitee.kind, invitee.id) is not None:
        raise InTheWay("takes_part_already", "Somebody of these takes part already.")
    participant = MeetingParticipant(
        id=visit.tx.new_id(),
        meeting_id=meeting.id,
        kind=invitee.kind.value,
        subject_id=invitee.id,
        role=invitee.part.value,
        rsvp=Rsvp.NEEDS_ACTION.value,
        rsvp_at=None,
        admission=Admission.INVITED.value,
        added_at=visit.tx.now,
        waiting_since=None,
        admitted_at=None,
        joined_at=None,
        left_at=None,
    )
    visit.tx.session.add(participant)
    await visit.tx.session.flush()
    detail = {"kind": invitee.kind.value, "id": str(invitee.id), "role": invitee.part.value}
    visit.tx.tell(Act("meeting.invite", "meeting", str(meeting.id), detail=detail))
    return participant


async def remove(visit: Visit, meeting: Meeting, id: UUID) -> MeetingParticipant:
    """Raises Missing, InTheWay."""
    participant = await one(visit.tx, meeting, id)
    if participant.is_present:
        raise InTheWay("in_the_room", "They are in the room: put them back or deny them first.")
    others = [p for p in await of(visit.tx, meeting) if p is not participant]
    if not any(hosts(p) for p in others):
        raise InTheWay("last_host", "Somebody else has to be its clinician or assistant first.")
    await visit.tx.session.delete(participant)
    await visit.tx.session.flush()
    detail = {"kind": participant.kind, "id": str(participant.subject_id)}
    visit.tx.tell(Act("meeting.uninvite", "meeting", str(meeting.id), detail=detail))
    return participant


async def of(tx: Transaction, meeting: Meeting) -> list[MeetingParticipant]:
    """Its hosts first, then the patient, then all others."""
    query = select(MeetingParticipant).where(MeetingParticipant.meeting_id == meeting.id)
    found = (await tx.session.scalars(query)).all()
    return sorted(found, key=lambda p: (ORDER[p.role], p.id))


async def one(tx: Transaction, meeting: Meeting, id: UUID) -> MeetingParticipant:
    """Raises Missing."""
    participant = await get(tx, MeetingParticipant, id, "participant")
    if participant.meeting_id != meeting.id:
        raise missing("participant")
    return participant


async def find(
    tx: Transaction, meeting: Meeting, kind: Kind, subject: UUID
) -> MeetingParticipant | None:
    found: MeetingParticipant | None = await tx.session.scalar(
        select(MeetingParticipant).where(
            MeetingParticipant.meeting_id == meeting.id,
            MeetingParticipant.kind == kind.value,
            MeetingParticipant.subject_id == subject,
        )
    )
    return found


async def own(visit: Visit, meeting: Meeting) -> MeetingParticipant | None:
    """The caller's part in it."""
    kind = visit.caller.kind.value
    if kind not in set(Kind):
        return None
    return await find(visit.tx, meeting, Kind(kind), visit.caller.id)


async def waiter(visit: Visit, meeting: Meeting, *, or_host: bool = False) -> MeetingParticipant:
    """The caller, as one who has to be let in. Raises Missing, InTheWay."""
    participant = await own(visit, meeting)
    if participant is None:
        raise missing("participant")
    if hosts(participant) and not or_host:
        raise InTheWay("is_host", "A host does not wait: ask for a token.")
    return participant


async def names(
    tx: Transaction, participants: Sequence[MeetingParticipant]
) -> dict[UUID, Private | None]:
    """By participant."""
    found: dict[UUID, Private | None] = {}
    for kind, table in TABLES.items():
        wanted = {p.subject_id: p.id for p in participants if p.kind == kind}
        if wanted:
            query = select(table.id, table.name).where(table.id.in_(list(wanted)))
            for subject, name in await tx.session.execute(query):
                found[wanted[subject]] = name
    return found


def hosts(participant: MeetingParticipant) -> bool:
    """Whether they let others in, and need nobody to let them in."""
    return is_host(Kind(participant.kind), Part(participant.role))


async def _check(visit: Visit, invitee: Invitee) -> None:
    """Raises Missing, Forbidden, Refusal."""
    if invitee.part not in PARTS[invitee.kind]:
        allowed = ", ".join(sorted(PARTS[invitee.kind])) or "nothing that is given to them"
        sentence = f"A participant of the kind {invitee.kind.value} can be: {allowed}."
        raise Refusal("wrong_role", sentence)
    if invitee.kind is Kind.PATIENT:
        patient = await find_patient(visit, invitee.id)
        is_there = patient.archived_at is None
    elif invitee.kind is Kind.STAFF:
        staff = await get(visit.tx, Staff, invitee.id, "member of staff")
        is_there = staff.disabled_at is None
    else:
        guest = await get(visit.tx, Guest, invitee.id, "guest")
        is_there = guest.revoked_at is None
    if not is_there:
        raise InTheWay("not_here_any_more", "Somebody of these is archived, disabled or revoked.")
