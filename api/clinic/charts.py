"""A patient's chart: their visits, the newest first, each with who took part, what was agreed to,
and what is filed under it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import and_, or_, select

from api.clinic.caller import Visit, demand
from api.clinic.consenting import Position
from api.clinic.participants import ORDER, TABLES
from api.clinic.patients import find as find_patient
from api.rules.auditing import Act
from api.rules.private import Private
from api.rules.roles import Permission
from api.store.models import AuditEntry, ChartItem, ConsentReceipt, Meeting, MeetingParticipant
from api.store.store import Transaction

PAGE = 50  # visits read at once


@dataclass(slots=True)
class Entry:
    """A visit as the chart has it."""

    meeting: Meeting
    people: list[tuple[MeetingParticipant, Private | None]] = field(default_factory=list)
    receipts: list[tuple[ConsentReceipt, Position | None]] = field(default_factory=list)
    items: list[ChartItem] = field(default_factory=list)


async def open_chart(visit: Visit, patient_id: UUID, action: str = "chart.view") -> None:
    """That it is shown. Raises Missing, Forbidden."""
    demand(visit.tx, visit.caller, Permission.MEETINGS_READ)
    await find_patient(visit, patient_id)
    visit.tx.tell(Act(action, "patient", str(patient_id)))


async def entries(tx: Transaction, patient_id: UUID, after: UUID | None, limit: int) -> list[Entry]:
    """`after`: the visit that was the last one of the page before; an unknown one is before all."""
    query = select(Meeting).where(Meeting.patient_id == patient_id)
    last = None
    if after is not None:
        last = await tx.session.scalar(query.where(Meeting.id == after))
    if last is not None:
        query = query.where(
            or_(
                Meeting.starts_at < last.starts_at,
                and_(Meeting.starts_at == last.starts_at, Meeting.id < last.id),
            )
        )
    query = query.order_by(Meeting.starts_at.desc(), Meeting.id.desc()).limit(limit)
    found = {row.id: Entry(row) for row in await tx.session.scalars(query)}
    if found:
        await _add_people(tx, found)
        await _add_receipts(tx, found)
        filed = select(ChartItem).where(ChartItem.meeting_id.in_(list(found)))
        for item in await tx.session.scalars(filed.order_by(ChartItem.added_at, ChartItem.id)):
            found[item.meeting_id].items.append(item)
    return list(found.values())


async def _add_people(tx: Transaction, found: dict[UUID, Entry]) -> None:
    query = select(MeetingParticipant).where(MeetingParticipant.meeting_id.in_(list(found)))
    people = sorted(await tx.session.scalars(query), key=lambda p: (ORDER[p.role], p.id))
    names = await names_of(tx, people)
    for person in people:
        found[person.meeting_id].people.append((person, names.get(person.subject_id)))


async def names_of(
    tx: Transaction, people: Iterable[MeetingParticipant]
) -> dict[UUID, Private | None]:
    """By the id of staff, patient or guest."""
    wanted: dict[str, set[UUID]] = defaultdict(set)
    for person in people:
        wanted[person.kind].add(person.subject_id)
    names: dict[UUID, Private | None] = {}
    for kind, table in TABLES.items():
        if wanted[kind]:
            query = select(table.id, table.name).where(table.id.in_(wanted[kind]))
            names |= {id: name for id, name in await tx.session.execute(query)}
    return names


async def _add_receipts(tx: Transaction, found: dict[UUID, Entry]) -> None:
    query = select(ConsentReceipt).where(ConsentReceipt.meeting_id.in_(list(found)))
    receipts = (await tx.session.scalars(query.order_by(ConsentReceipt.number))).all()
    if not receipts:
        return
    told = select(AuditEntry).where(AuditEntry.object_id.in_([str(row.id) for row in receipts]))
    places = {one.object_id: Position(one.seq, one.hash) for one in await tx.session.scalars(told)}
    for row in receipts:
        found[row.meeting_id].receipts.append((row, places.get(str(row.id))))
