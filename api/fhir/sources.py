"""Where resources come from: for each type a table, what narrows it, and who may read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, literal, not_, or_, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql import ColumnElement

from api.clinic.caller import Visit
from api.clinic.patients import visible
from api.fhir.dates import Span
from api.fhir.terms import APPOINTMENTS, ENCOUNTERS, Type
from api.rules.participation import Kind
from api.rules.roles import Permission
from api.store.models import AuditEntry, ConsentReceipt, Meeting, Patient, PatientFile
from recorder.consent import Scope

# Besides `fhir.read`: what is seen here is seen elsewhere too.
NEEDED = {
    Type.PATIENT: Permission.PATIENTS_READ,
    Type.APPOINTMENT: Permission.MEETINGS_READ,
    Type.ENCOUNTER: Permission.MEETINGS_READ,
    Type.CONSENT: Permission.MEETINGS_READ,
    Type.AUDIT_EVENT: Permission.AUDIT_READ,
    Type.DOCUMENT_REFERENCE: Permission.FILES_READ,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search. None: whatever it is."""

    patient: UUID | None = None
    status: str | None = None  # in FHIR's words
    active: bool | None = None
    dates: tuple[Span, ...] = ()
    after: Any = None  # the id of the last one of the page before
    count: int = field(default=50)


TABLES: Mapping[Type, Any] = {
    Type.PATIENT: Patient,
    Type.APPOINTMENT: Meeting,
    Type.ENCOUNTER: Meeting,
    Type.CONSENT: ConsentReceipt,
    Type.AUDIT_EVENT: AuditEntry,
    Type.DOCUMENT_REFERENCE: PatientFile,
}
TIMES: Mapping[Type, Any] = {
    Type.APPOINTMENT: Meeting.starts_at,
    Type.ENCOUNTER: Meeting.live_at,
    Type.CONSENT: ConsentReceipt.at,
    Type.AUDIT_EVENT: AuditEntry.at,
    Type.DOCUMENT_REFERENCE: PatientFile.created_at,
}


def seen(visit: Visit, kind: Type) -> list[ColumnElement[bool]]:
    """Of what there is, what the caller may see; and what is one of that type at all."""
    match kind:
        case Type.PATIENT:
            return [visible(visit)]
        case Type.APPOINTMENT:
            return [~_hidden(visit, Meeting.patient_id)]
        case Type.ENCOUNTER:
            met = and_(Meeting.live_at.is_not(None), Meeting.status.in_([*ENCOUNTERS]))
            return [~_hidden(visit, Meeting.patient_id), met]
        case Type.CONSENT:
            return [ConsentReceipt.kind == Kind.PATIENT, ~_hidden(visit, ConsentReceipt.subject_id)]
        case Type.DOCUMENT_REFERENCE:
            return [~_hidden(visit, PatientFile.patient_id)]
        case Type.AUDIT_EVENT:
            return []


def _hidden(visit: Visit, patient: Any) -> ColumnElement[bool]:
    return exists().where(Patient.id == patient, ~visible(visit))


async def narrowed(visit: Visit, kind: Type, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = [_at(TIMES[kind], span) for span in wanted.dates]
    if wanted.status is not None:
        conditions.append(_status(kind, wanted.status))
    if wanted.active is not None:
        conditions.append(Patient.archived_at.is_(None) if wanted.active
                          else Patient.archived_at.is_not(None))  # fmt: skip
    if wanted.patient is not None:
        conditions.append(await _patient(visit, kind, wanted.patient))
    if wanted.after is not None:
        table = TABLES[kind]
        conditions.append((table.seq if kind is Type.AUDIT_EVENT else table.id) > wanted.after)
    return conditions


def _at(column: Any, span: Span) -> ColumnElement[bool]:
    """What happens in a moment, compared to a span."""
    inside = and_(column >= span.begins, column < span.ends)
    conditions: dict[str, ColumnElement[bool]] = {
        "eq": inside,
        "ne": not_(inside),
        "gt": column >= span.ends,
        "sa": column >= span.ends,
        "ge": column >= span.begins,
        "lt": column < span.begins,
        "eb": column < span.begins,
        "le": column < span.ends,
    }
    return conditions[span.how]


def _status(kind: Type, status: str) -> ColumnElement[bool]:
    match kind:
        case Type.APPOINTMENT:
            return Meeting.status.in_([own for own, its in APPOINTMENTS.items() if its == status])
        case Type.ENCOUNTER:
            return Meeting.status.in_([own for own, its in ENCOUNTERS.items() if its == status])
        case Type.CONSENT:
            in_force = or_(*(_in_force(scope) for scope in Scope))
            return in_force if status == "active" else not_(in_force)
    return PatientFile.id.is_not(None)  # all of them are current


def _in_force(scope: Scope) -> ColumnElement[bool]:
    """It speaks of that, and nothing later of the same person in the same visit does."""
    later = aliased(ConsentReceipt)
    superseded = exists().where(
        later.meeting_id == ConsentReceipt.meeting_id,
        later.kind == ConsentReceipt.kind,
        later.subject_id == ConsentReceipt.subject_id,
        later.number > ConsentReceipt.number,
        _speaks_of(later.scopes, scope),
    )
    return and_(_speaks_of(ConsentReceipt.scopes, scope), ~superseded)


def _speaks_of(scopes: Any, scope: Scope) -> ColumnElement[bool]:
    found: ColumnElement[bool] = (literal(" ") + scopes + literal(" ")).contains(f" {scope.value} ")
    return found


async def _patient(visit: Visit, kind: Type, id: UUID) -> ColumnElement[bool]:
    match kind:
        case Type.APPOINTMENT | Type.ENCOUNTER:
            return Meeting.patient_id == id
        case Type.CONSENT:
            return ConsentReceipt.subject_id == id
        case Type.DOCUMENT_REFERENCE:
            return PatientFile.patient_id == id
    # Of the patient's record and folder, and of their visits: the log knows ids as texts.
    visits = await visit.tx.session.scalars(select(Meeting.id).where(Meeting.patient_id == id))
    return AuditEntry.object_id.in_([str(id), *(str(one) for one in visits)])
