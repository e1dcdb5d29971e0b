"""Lists of visits: a day's, a patient's, one's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, or_, select

from api.clinic.caller import Visit, demand
from api.clinic.patients import visible
from api.rules.auditing import Act, ActorKind
from api.rules.participation import Kind
from api.rules.roles import Permission
from api.rules.visits import Status
from api.store.models import Meeting, MeetingParticipant, Patient


@dataclass(frozen=True, slots=True)
class Filter:
    """None: whatever it is."""

    starts_from: datetime | None = None
    starts_before: datetime | None = None
    status: Status | None = None
    patient: UUID | None = None
    participant: UUID | None = None  # staff, patient or guest
    name: str | None = None  # of the patient, or a part of it


async def list_meetings(
    visit: Visit, wanted: Filter, after: UUID | None, limit: int
) -> list[Meeting]:
    """In the order of their times. Staff see all but those of restricted patients, others their
    own. Who shows them says so with `tell_shown`. Raises Forbidden."""
    query = select(Meeting).where(*_conditions(wanted))
    if visit.caller.kind in (ActorKind.STAFF, ActorKind.KEY):
        demand(visit.tx, visit.caller, Permission.MEETINGS_READ)
        hidden = exists().where(Patient.id == Meeting.patient_id, ~visible(visit))
        query = query.where(~hidden)
    else:
        query = query.where(_takes_part(visit.caller.id, Kind(visit.caller.kind.value)))
    query = await _behind(visit, query, after)
    found = await visit.tx.session.scalars(
        query.order_by(Meeting.starts_at, Meeting.id).limit(limit)
    )
    return list(found.all())


def tell_shown(visit: Visit, ids: Iterable[UUID]) -> None:
    visit.tx.tell(Act("meeting.list", detail={"ids": [str(id) for id in ids]}))


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.starts_from is not None:
        conditions.append(Meeting.starts_at >= wanted.starts_from)
    if wanted.starts_before is not None:
        conditions.append(Meeting.starts_at < wanted.starts_before)
    if wanted.status is not None:
        conditions.append(Meeting.status == wanted.status.value)
    if wanted.patient is not None:
        conditions.append(Meeting.patient_id == wanted.patient)
    if wanted.participant is not None:
        conditions.append(_takes_part(wanted.participant))
    if wanted.name is not None:
        named = func.lower(cast(Patient.name, Text)).contains(wanted.name.lower(), autoescape=True)
        conditions.append(exists().where(Patient.id == Meeting.patient_id, named))
    return conditions


def _takes_part(subject: UUID, kind: Kind | None = None) -> ColumnElement[bool]:
    conditions = [
        MeetingParticipant.meeting_id == Meeting.id,
        MeetingParticipant.subject_id == subject,
    ]
    if kind is not None:
        conditions.append(MeetingParticipant.kind == kind.value)
    return exists().where(*conditions)


async def _behind(visit: Visit, query: Select[Meeting], after: UUID | None) -> Select[Meeting]:
    """What follows the last one of the page before; an unknown one is before all."""
    if after is None:
        return query
    last = await visit.tx.session.scalar(select(Meeting).where(Meeting.id == after))
    if last is None:
        return query
    return query.where(
        or_(
            Meeting.starts_at > last.starts_at,
            and_(Meeting.starts_at == last.starts_at, Meeting.id > last.id),
        )
    )
