"""Who waits with the workspaces that an HQ serves: no more of them than it takes to choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from api.clinic.caller import Visit, workspace_of
from api.clinic.clinic import Clinic
from api.clinic.errors import Forbidden
from api.clinic.hq.agreements import note_end
from api.clinic.hq.there import NOT_SERVED, Envoy, there
from api.clinic.ready import Devices
from api.rules.auditing import Origin
from api.rules.hq import Place, Priority, ordered
from api.rules.participation import Kind
from api.rules.plans import Provider
from api.rules.visits import Status
from api.rules.waiting import WAITING, Admission
from api.store.models import (
    ConsentReceipt,
    Meeting,
    MeetingParticipant,
    Patient,
    Triage,
)

SEEN = [*WAITING, Admission.AWAY.value]
GOES_ON = [Status.LOBBY.value, Status.LIVE.value]


@dataclass(frozen=True, slots=True)
class Waiter:
    """Nobody's name: that is shown in the call, to whoever has taken it."""

    workspace: UUID
    title: str  # of the workspace
    place: Place
    devices: Devices | None  # what the page has found; None: nothing yet
    has_consented: bool  # they have answered, yes or no


@dataclass(frozen=True, slots=True)
class Taken:
    """A visit that the caller has taken, and that goes on."""

    workspace: UUID
    title: str
    meeting: UUID


@dataclass(frozen=True, slots=True)
class Queue:
    waiters: Sequence[Waiter]
    taken: Sequence[Taken]


async def look(clinic: Clinic, envoy: Envoy, origin: Origin) -> Queue:
    """In each workspace by itself, and in the order in which they are this clinician's."""
    waiters: list[Waiter] = []
    taken: list[Taken] = []
    for link in envoy.served:
        try:
            async with there(clinic, envoy, link.other_id, origin) as visit:
                title = (await workspace_of(visit)).title
                waiters += await _waiting(visit, title)
                taken += await _taken(visit, title)
        except Forbidden as refusal:  # it has not the plan any more, or
            if refusal.kind == NOT_SERVED:
                await note_end(clinic, envoy.hq, link.other_id)
    by_meeting = {one.place.meeting: one for one in waiters}
    now = clinic.store.now()
    places = ordered((one.place for one in waiters), envoy.skilled, now)
    return Queue([by_meeting[place.meeting] for place in places], taken)


async def _waiting(visit: Visit, title: str) -> list[Waiter]:
    """Restricted patients are for their own team, and are left out."""
    rows = await visit.tx.session.execute(
        select(MeetingParticipant, Meeting, Patient, Triage)
        .join(Meeting, Meeting.id == MeetingParticipant.meeting_id)
        .join(Patient, Patient.id == MeetingParticipant.subject_id)
        .outerjoin(Triage, Triage.id == Meeting.id)
        .where(
            MeetingParticipant.kind == Kind.PATIENT.value,
            MeetingParticipant.admission.in_(SEEN),
            MeetingParticipant.waiting_since.is_not(None),
            Meeting.status.in_(GOES_ON),
            Meeting.provider == Provider.LIVEKIT.value,
            Patient.restricted.is_(False),
        )
        .order_by(MeetingParticipant.waiting_since, MeetingParticipant.id)
    )
    found = [(person, meeting, patient, triage) for person, meeting, patient, triage in rows]
    answered = await _answered(visit, [meeting.id for _, meeting, _, _ in found])
    visit.clinic.shown.tell(visit, "hq.queue", [person.id for person, _, _, _ in found])
    return [
        Waiter(
            visit.caller.workspace,
            title,
            place_of(person, patient, triage),
            visit.clinic.readiness.of(person.id),
            (meeting.id, patient.id) in answered,
        )
        for person, meeting, patient, triage in found
    ]


def place_of(person: MeetingParticipant, patient: Patient, triage: Triage | None) -> Place:
    assert person.waiting_since is not None
    skill = None if triage is None or triage.skill is None else triage.skill.text
    return Place(
        person.meeting_id,
        person.waiting_since,
        Priority.ROUTINE if triage is None else Priority(triage.priority),
        patient.language,
        skill,
        person.admission != Admission.AWAY.value,
    )


async def _answered(visit: Visit, meetings: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    rows = await visit.tx.session.execute(
        select(ConsentReceipt.meeting_id, ConsentReceipt.subject_id).where(
            ConsentReceipt.meeting_id.in_(meetings), ConsentReceipt.kind == Kind.PATIENT.value
        )
    )
    return {(meeting, patient) for meeting, patient in rows}


async def _taken(visit: Visit, title: str) -> list[Taken]:
    query = (
        select(Meeting.id)
        .join(MeetingParticipant, MeetingParticipant.meeting_id == Meeting.id)
        .where(
            MeetingParticipant.kind == Kind.HQ.value,
            MeetingParticipant.subject_id == visit.caller.id,
            Meeting.status.not_in([s.value for s in Status if s.is_over]),
        )
        .order_by(Meeting.id)
    )
    workspace = visit.caller.workspace
    return [Taken(workspace, title, id) for id in await visit.tx.session.scalars(query)]
