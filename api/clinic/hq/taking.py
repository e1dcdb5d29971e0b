"""Take somebody who waits, as their visit's host and for that visit alone; put them back."""

from uuid import UUID

from sqlalchemy import select

from api.clinic import entry, lobby, meetings, participants
from api.clinic.caller import Visit
from api.clinic.clinic import Clinic, get
from api.clinic.entry import Ticket
from api.clinic.errors import InTheWay, Missing, Refusal, missing
from api.clinic.hq.queue import look
from api.clinic.hq.there import Envoy, there
from api.clinic.participants import Invitee
from api.clinic.settling import settle
from api.clinic.states import catch_up
from api.rules.auditing import Act, Origin, Outcome
from api.rules.participation import Kind, Part
from api.rules.waiting import Admission, Move
from api.store.models import Meeting, MeetingParticipant, Patient, Visitor


async def take(visit: Visit, envoy: Envoy, id: UUID) -> Ticket:
    """In the workspace of the visit, which nobody else changes meanwhile: of two, one takes it.
    Raises Missing, InTheWay, Forbidden."""
    meeting = await get(visit.tx, Meeting, id, "meeting")
    await visit.tx.session.refresh(meeting, with_for_update=True)
    await _check_patient(visit, meeting)
    entry.check_is_here(meeting)
    catch_up(meeting, visit.tx.now)
    meetings.check_is_open(meeting, visit.tx.now)
    people = await participants.of(visit.tx, meeting)
    holder = next((one for one in people if one.kind == Kind.HQ), None)
    if holder is not None and holder.subject_id != visit.caller.id:
        raise await _taken(visit, envoy, holder)
    if holder is None:
        await _join(visit, envoy, meeting, people)
    return await entry.ticket(visit, id)


async def put_back(visit: Visit, id: UUID) -> None:
    """To the waiting room, for somebody else. Raises Missing."""
    meeting = await meetings.find(visit, id, locks=True)
    own = await participants.own(visit, meeting)
    assert own is not None  # else it was not found
    for one in await participants.of(visit.tx, meeting):
        if one.kind == Kind.PATIENT and one.admission == Admission.ADMITTED:
            await lobby.step(visit, meeting, one, Move.PUT_BACK)
    await visit.tx.session.delete(own)
    await visit.tx.session.flush()
    visit.tx.tell(Act("hq.put_back", "meeting", str(id)))
    await settle(visit.clinic, visit.tx, meeting, [own])


async def take_next(clinic: Clinic, envoy: Envoy, origin: Origin) -> tuple[UUID, Ticket]:
    """The best for this clinician whom nobody else is faster to take. Raises Missing."""
    for waiter in (await look(clinic, envoy, origin)).waiters:
        if not envoy.skilled.may_be_given(waiter.place):
            break  # and so all behind
        try:
            async with there(clinic, envoy, waiter.workspace, origin) as visit:
                return waiter.workspace, await take(visit, envoy, waiter.place.meeting)
        except Refusal:
            continue
    raise Missing("nobody_waits", "Nobody waits whom you can take: ask again in a moment.")


async def note_refusal(
    clinic: Clinic, envoy: Envoy, id: UUID, refusal: Refusal, origin: Origin
) -> None:
    """In the HQ's own log, which says already that it was asked for."""
    async with clinic.store.writing(envoy.hq, envoy.caller.actor, origin) as tx:
        tx.tell(Act("hq.refuse", "meeting", str(id), Outcome.REFUSED, refusal.kind))


async def _check_patient(visit: Visit, meeting: Meeting) -> None:
    """Restricted ones are for their own team. Raises Missing."""
    query = select(Patient.id).where(
        Patient.id == meeting.patient_id, Patient.restricted.is_(False)
    )
    if await visit.tx.session.scalar(query) is None:
        raise missing("meeting")


async def _join(
    visit: Visit, envoy: Envoy, meeting: Meeting, people: list[MeetingParticipant]
) -> None:
    """Raises InTheWay, Forbidden."""
    patient = next((one for one in people if one.kind == Kind.PATIENT), None)
    if patient is None or not Admission(patient.admission).is_waiting:
        raise InTheWay("not_waiting", "They do not wait any more: take somebody else.")
    await _know(visit, envoy)
    invitee = Invitee(Kind.HQ, visit.caller.id, Part.CLINICIAN)
    await participants.place(visit, meeting, invitee)
    await lobby.step(visit, meeting, patient, Move.ADMIT)
    detail = {"hq": str(envoy.hq)}
    visit.tx.tell(Act("hq.taken", "meeting", str(meeting.id), detail=detail))


async def _know(visit: Visit, envoy: Envoy) -> None:
    """Their name, as those in the visit are to read it."""
    row = await visit.tx.session.scalar(select(Visitor).where(Visitor.id == visit.caller.id))
    if row is None:
        row = Visitor(id=visit.caller.id, hq_id=envoy.hq)
        visit.tx.session.add(row)
    row.name, row.seen_at = envoy.name, visit.tx.now
    await visit.tx.session.flush()


async def _taken(visit: Visit, envoy: Envoy, holder: MeetingParticipant) -> InTheWay:
    """A colleague by name; who works elsewhere is nobody's to know."""
    row = await visit.tx.session.scalar(select(Visitor).where(Visitor.id == holder.subject_id))
    is_known = row is not None and row.hq_id == envoy.hq and row.name is not None
    who = row.name.text if is_known and row is not None and row.name else "Another clinic"
    return InTheWay("taken", f"{who} has taken this visit: take somebody else.")
