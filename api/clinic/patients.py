"""Patients: who may see whose record, and every look at one told to the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql import ColumnElement

from api.clinic.caller import Visit
from api.clinic.clinic import end_links, end_sessions, get, make_link
from api.clinic.errors import Forbidden, InTheWay, Refusal
from api.clinic.staff import check_version
from api.rules.auditing import Act, ActorKind, Outcome
from api.rules.bearers import Bearer
from api.rules.private import Private
from api.rules.roles import Permission, sees_patient
from api.rules.sessions import GLASS
from api.store.models import BrokenGlass, Link, Patient, Staff, TeamMember

SEARCHED = (Patient.name, Patient.reference, Patient.birth_date, Patient.email, Patient.phone)
Fields = Mapping[str, Private | str | bool | None]


@dataclass(frozen=True, slots=True)
class Named:
    """One patient, as somebody who has them in front of them can say who they are."""

    name: str  # the whole of it
    birth_date: str  # YYYY-MM-DD

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        return [_is(Patient.name, self.name), _is(Patient.birth_date, self.birth_date)]


@dataclass(frozen=True, slots=True)
class Numbered:
    reference: str

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        return [_is(Patient.reference, self.reference)]


def _is(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    return func.lower(column, type_=Text) == text.lower()


async def create(visit: Visit, fields: Fields) -> Patient:
    """Raises Refusal."""
    _check_birth(visit, fields)
    patient = Patient(id=visit.tx.new_id(), created_at=visit.tx.now, archived_at=None, **fields)
    visit.tx.session.add(patient)
    await visit.tx.session.flush()
    if patient.restricted and visit.staff_id is not None:
        visit.tx.session.add(TeamMember(patient_id=patient.id, staff_id=visit.staff_id))
    visit.tx.tell(Act("patient.create", "patient", str(patient.id)))
    return patient


def _check_birth(visit: Visit, fields: Fields) -> None:
    """In some places it is tomorrow already. Raises Refusal."""
    born = fields.get("birth_date")
    tomorrow = (visit.tx.now + timedelta(days=1)).date().isoformat()
    if isinstance(born, Private) and born.text > tomorrow:
        raise Refusal("not_born", "This date of birth is still to come: correct it.")


async def view(visit: Visit, id: UUID) -> Patient:
    """Raises Missing, Forbidden."""
    patient = await find(visit, id)
    visit.tx.tell(Act("patient.view", "patient", str(id)))
    return patient


async def find(visit: Visit, id: UUID) -> Patient:
    """One that the caller may see. Raises Missing, Forbidden, which is told."""
    patient = await get(visit.tx, Patient, id, "patient")
    may = not patient.restricted or sees_patient(
        is_restricted=True,
        is_on_team=await _has(visit, _on_team(visit), id),
        has_broken_glass=await _has(visit, _glass(visit), id),
    )  # most are not restricted, and half of a visit's requests come through here
    if not may:
        visit.tx.tell(Act("patient.refuse", "patient", str(id), Outcome.REFUSED, "restricted"))
        raise Forbidden(
            "restricted",
            "This record is for the patient's own team. In an emergency, break the glass: say why.",
        )
    return patient


async def list_patients(visit: Visit, after: UUID | None, limit: int) -> list[Patient]:
    """Restricted ones are left out for those who are not on their team."""
    query = _seen_by(visit).order_by(Patient.id).limit(limit)
    if after is not None:
        query = query.where(Patient.id > after)
    return await _list(visit, query)


async def search(visit: Visit, text: str, limit: int) -> list[Patient]:
    """Each word must be in the name, the number, the date of birth or a way to reach them."""
    query = _seen_by(visit).order_by(func.lower(Patient.name), Patient.id).limit(limit)
    for word in text.lower().split():
        query = query.where(
            or_(*(func.lower(c, type_=Text).contains(word, autoescape=True) for c in SEARCHED))
        )
    return await _list(visit, query)


async def search_hidden(visit: Visit, who: Named | Numbered, limit: int) -> list[UUID]:
    """Of restricted patients that the caller does not see, those of whom the whole name and the day
    of birth are known, or the number: whoever asks could name them already."""
    found = await visit.tx.session.scalars(
        select(Patient.id)
        .where(Patient.archived_at.is_(None), ~visible(visit), *who.conditions)
        .order_by(Patient.id)
        .limit(limit)
    )
    ids = list(found.all())
    visit.tx.tell(Act("patient.search_hidden", detail={"ids": [str(id) for id in ids]}))
    return ids


def _seen_by(visit: Visit) -> Select[Patient]:
    return select(Patient).where(Patient.archived_at.is_(None), visible(visit))


async def _list(visit: Visit, query: Select[Patient]) -> list[Patient]:
    found = list((await visit.tx.session.scalars(query)).all())
    visit.tx.tell(Act("patient.list", detail={"ids": [str(p.id) for p in found]}))
    return found


def visible(visit: Visit) -> ColumnElement[bool]:
    """Of patients in a query: those whom the caller may see, if any at all."""
    return or_(Patient.restricted.is_(False), _on_team(visit), _glass(visit))


async def change(visit: Visit, id: UUID, seen: int | None, fields: Fields) -> Patient:
    """Raises Missing, Forbidden, Changed, Refusal."""
    patient = await find(visit, id)
    check_version(patient.version, seen)
    _check_birth(visit, fields)
    for name, value in fields.items():
        setattr(patient, name, value)
    await visit.tx.session.flush()
    visit.tx.tell(Act("patient.change", "patient", str(id), detail={"fields": sorted(fields)}))
    return patient


async def archive(visit: Visit, id: UUID) -> None:
    """It stays for the record; its links and sessions end. Raises Missing, Forbidden."""
    patient = await find(visit, id)
    if patient.archived_at is None:
        patient.archived_at = visit.tx.now
        await end_links(visit.tx, (ActorKind.PATIENT, id))
        await end_sessions(visit.tx, id)
        visit.tx.tell(Act("patient.archive", "patient", str(id)))


async def make_patient_link(visit: Visit, id: UUID, validity: timedelta) -> tuple[Bearer, Link]:
    """For one sign-in. Earlier ones end. Raises Missing, Forbidden, InTheWay."""
    patient = await find(visit, id)
    if patient.archived_at is not None:
        raise InTheWay("archived", "This patient is archived.")
    # Invitations to visits stay good.
    await end_links(visit.tx, (ActorKind.PATIENT, id), Link.meeting_id.is_(None))
    visit.tx.tell(Act("patient.invite", "patient", str(id)))
    return make_link(visit.tx, visit.caller.workspace, (ActorKind.PATIENT, id), validity)


async def break_glass(visit: Visit, id: UUID, reason: str) -> BrokenGlass:
    """Open a restricted record for an hour. Raises Missing, Forbidden."""
    patient = await get(visit.tx, Patient, id, "patient")
    if visit.staff_id is None:
        raise Forbidden("forbidden", "Only a person can break the glass.")
    glass = BrokenGlass(
        id=visit.tx.new_id(),
        patient_id=patient.id,
        staff_id=visit.staff_id,
        reason=Private(reason),
        broken_at=visit.tx.now,
        expires_at=visit.tx.now + GLASS,
    )
    visit.tx.session.add(glass)
    visit.tx.tell(Act("break_glass", "patient", str(id), detail={"glass": str(glass.id)}))
    return glass


async def list_glasses(
    visit: Visit, after: UUID | None, limit: int
) -> list[tuple[BrokenGlass, Private | None, Private | None]]:
    """Each with the names of who broke it and of the patient, that one for those who see patients
    at all."""
    query = (
        select(BrokenGlass, Staff.name, Patient.name)
        .join(Staff, Staff.id == BrokenGlass.staff_id)
        .join(Patient, Patient.id == BrokenGlass.patient_id)
        .order_by(BrokenGlass.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(BrokenGlass.id > after)
    sees = Permission.PATIENTS_READ in visit.caller.permissions
    rows = (await visit.tx.session.execute(query)).all()
    named = {str(glass.patient_id) for glass, *_ in rows if sees}
    detail = {"patients": sorted(named)} if named else {}
    visit.tx.tell(Act("break_glass.list", detail=detail))
    return [(glass, by, name if sees else None) for glass, by, name in rows]


async def team(visit: Visit, id: UUID) -> list[Staff]:
    """Raises Missing, Forbidden."""
    await find(visit, id)
    visit.tx.tell(Act("team.view", "patient", str(id)))
    member = exists().where(TeamMember.patient_id == id, TeamMember.staff_id == Staff.id)
    return list(
        (await visit.tx.session.scalars(select(Staff).where(member).order_by(Staff.id))).all()
    )


async def put_on_team(visit: Visit, id: UUID, staff_id: UUID) -> None:
    """Raises Missing, Forbidden."""
    await find(visit, id)
    await get(visit.tx, Staff, staff_id, "member of staff")
    if await visit.tx.session.scalar(_member(id, staff_id)) is None:
        visit.tx.session.add(TeamMember(patient_id=id, staff_id=staff_id))
        visit.tx.tell(Act("team.add", "patient", str(id), detail={"staff": str(staff_id)}))


async def take_off_team(visit: Visit, id: UUID, staff_id: UUID) -> None:
    """Raises Missing, Forbidden."""
    await find(visit, id)
    member = await visit.tx.session.scalar(_member(id, staff_id))
    if member is not None:
        await visit.tx.session.delete(member)
        visit.tx.tell(Act("team.remove", "patient", str(id), detail={"staff": str(staff_id)}))


def visible_ids(visit: Visit) -> Select[UUID]:
    """Of all patients that the caller may see."""
    return select(Patient.id).where(visible(visit))


def _member(id: UUID, staff_id: UUID) -> Select[TeamMember]:
    return select(TeamMember).where(TeamMember.patient_id == id, TeamMember.staff_id == staff_id)


async def _has(visit: Visit, condition: ColumnElement[bool], id: UUID) -> bool:
    query = select(Patient.id).where(Patient.id == id, condition)
    return await visit.tx.session.scalar(query) is not None


def _on_team(visit: Visit) -> ColumnElement[bool]:
    return exists().where(
        TeamMember.patient_id == Patient.id, TeamMember.staff_id == visit.staff_id
    )


def _glass(visit: Visit) -> ColumnElement[bool]:
    return exists().where(
        BrokenGlass.patient_id == Patient.id,
        BrokenGlass.staff_id == visit.staff_id,
        BrokenGlass.expires_at > visit.tx.now,
    )
