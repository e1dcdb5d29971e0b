"""Read and search, each time told to the audit log."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api.clinic.caller import Visit, demand
from api.clinic.charts import names_of
from api.clinic.errors import missing
from api.clinic.folders import meetings_of
from api.clinic.participants import ORDER
from api.clinic.patients import find as find_patient
from api.clinic.providers.conferences import current, is_elsewhere, link_of
from api.fhir import records, sources, visits
from api.fhir.sources import NEEDED, TABLES, Wanted
from api.fhir.terms import Resource, Type
from api.rules.auditing import Act
from api.store.models import AuditEntry, ConsentReceipt, Meeting, MeetingParticipant, PatientFile


class Reader:
    """`page`: the address of the clinic's pages, below which everything is."""

    def __init__(self, visit: Visit, page: str) -> None:
        self._visit = visit
        self._page = page

    async def read(self, kind: Type, id: Any) -> Resource:
        """Raises Missing, Forbidden. `id`: a UUID, of audit events their own."""
        demand(self._visit.tx, self._visit.caller, NEEDED[kind])
        if kind is Type.PATIENT:  # a restricted one says so
            await find_patient(self._visit, id)
        table = TABLES[kind]
        where = _event(id) if kind is Type.AUDIT_EVENT else table.id == id
        query = select(table).where(where, *sources.seen(self._visit, kind))
        rows = (await self._visit.tx.session.scalars(query)).all()
        found = await self._resources(kind, rows)
        if not found or found[0]["id"] != str(id):
            raise missing(kind.value)
        self._tell(kind, found)
        return found[0]

    async def search(self, kind: Type, wanted: Wanted) -> tuple[list[Resource], str | None]:
        """A page, in the order of their ids; and after which the next one begins, if there is
        one. Raises Forbidden."""
        demand(self._visit.tx, self._visit.caller, NEEDED[kind])
        table = TABLES[kind]
        order = table.seq if kind is Type.AUDIT_EVENT else table.id
        conditions = [
            *sources.seen(self._visit, kind),
            *await sources.narrowed(self._visit, kind, wanted),
        ]
        query = select(table).where(*conditions).order_by(order).limit(wanted.count + 1)
        rows = (await self._visit.tx.session.scalars(query)).all()
        shown = rows[: wanted.count]
        found = await self._resources(kind, shown)
        self._tell(kind, found)
        if len(rows) <= wanted.count:
            return found, None
        return found, str(shown[-1].seq if kind is Type.AUDIT_EVENT else shown[-1].id)

    def _tell(self, kind: Type, found: Sequence[Resource]) -> None:
        ids = [one["id"] for one in found]
        self._visit.tx.tell(Act("fhir.read", detail={"type": kind.value, "ids": ids}))

    async def _resources(self, kind: Type, rows: Sequence[Any]) -> list[Resource]:
        match kind:
            case Type.PATIENT:
                return [records.patient(row) for row in rows]
            case Type.APPOINTMENT:
                return [visits.appointment(one) for one in await self._visited(rows)]
            case Type.ENCOUNTER:
                return [visits.encounter(one) for one in await self._visited(rows)]
            case Type.CONSENT:
                return await self._consents(rows)
            case Type.DOCUMENT_REFERENCE:
                return await self._documents(rows)
            case Type.AUDIT_EVENT:
                return [records.audit_event(row) for row in rows]

    async def _visited(self, rows: Sequence[Meeting]) -> list[visits.Visited]:
        session = self._visit.tx.session
        ids = [row.id for row in rows]
        query = select(MeetingParticipant).where(MeetingParticipant.meeting_id.in_(ids))
        people = sorted(await session.scalars(query), key=lambda one: (ORDER[one.role], one.id))
        names = await names_of(self._visit.tx, people)
        by_meeting = defaultdict(list)
        for one in people:
            by_meeting[one.meeting_id].append((one, names.get(one.subject_id)))
        return [visits.Visited(row, by_meeting[row.id], await self._address(row)) for row in rows]

    async def _address(self, row: Meeting) -> str | None:
        if not is_elsewhere(row):
            return f"{self._page}#m={row.id}"
        return link_of(self._visit.clinic, await current(self._visit.tx, row))

    async def _consents(self, rows: Sequence[ConsentReceipt]) -> list[Resource]:
        ids = {row.meeting_id for row in rows}
        query = select(ConsentReceipt).where(ConsentReceipt.meeting_id.in_(ids))
        said = (await self._visit.tx.session.scalars(query.order_by(ConsentReceipt.number))).all()
        return [records.consent(row, row.subject_id, _superseded(row, said)) for row in rows]

    async def _documents(self, rows: Sequence[PatientFile]) -> list[Resource]:
        filed = await meetings_of(self._visit.tx, [row.id for row in rows])
        base = f"{self._page}api/v1/patients"
        return [
            records.document_reference(
                row, filed.get(row.id), f"{base}/{row.patient_id}/files/{row.id}/content"
            )
            for row in rows
        ]


def _superseded(row: ConsentReceipt, said: Sequence[ConsentReceipt]) -> dict[str, datetime]:
    """By scope, when the same person has said something else of it in the same visit."""
    found: dict[str, datetime] = {}
    for later in said:
        is_same = (later.meeting_id, later.kind, later.subject_id) == (
            row.meeting_id, row.kind, row.subject_id,
        )  # fmt: skip
        if is_same and later.number > row.number:
            for scope in later.scopes.split():
                found.setdefault(scope, later.at)
    return found


def _event(id: str) -> Any:
    return AuditEntry.seq == int(id.partition("-")[0])


def as_uuid(patient: str | None) -> UUID | None:
    """Of `Patient/ID`, or the id alone."""
    return None if patient is None else UUID(patient.rpartition("/")[2])
