"""What those who serve can do, and what a visit asks of them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from api.clinic import meetings
from api.clinic.caller import Visit, workspace_of
from api.clinic.clinic import get
from api.clinic.hq.agreements import check_plan
from api.rules.auditing import Act
from api.rules.hq import Priority
from api.rules.private import Private
from api.rules.roles import Permission
from api.store.models import HqProfile, Staff, Triage


async def list_profiles(visit: Visit) -> list[tuple[Staff, HqProfile | None]]:
    """Of all who work here. Raises Forbidden."""
    check_plan(await workspace_of(visit))
    rows = await visit.tx.session.execute(
        select(Staff, HqProfile)
        .outerjoin(HqProfile, HqProfile.id == Staff.id)
        .where(Staff.disabled_at.is_(None))
        .order_by(Staff.id)
    )
    return [(staff, profile) for staff, profile in rows]


async def describe(
    visit: Visit, id: UUID, languages: Sequence[str], skills: Sequence[str]
) -> tuple[Staff, HqProfile]:
    """Raises Missing, Forbidden."""
    check_plan(await workspace_of(visit))
    staff = await get(visit.tx, Staff, id, "member of staff")
    row = await visit.tx.session.scalar(select(HqProfile).where(HqProfile.id == id))
    if row is None:
        row = HqProfile(id=id)
        visit.tx.session.add(row)
    row.languages, row.skills = " ".join(languages), "\n".join(skills)
    row.changed_at = visit.tx.now
    visit.tx.tell(Act("hq.profile", "staff", str(id)))
    return staff, row


async def triage(visit: Visit, id: UUID, priority: Priority, skill: Private | None) -> Triage:
    """Of a visit, by those who make and change them. Raises Missing, Forbidden."""
    meeting = await meetings.find(visit, id, Permission.MEETINGS_CHANGE)
    row = await _of(visit, meeting.id)
    if row is None:
        row = Triage(id=meeting.id)
        visit.tx.session.add(row)
    row.priority, row.skill = priority.value, skill
    row.changed_at, row.changed_by = visit.tx.now, visit.staff_id
    detail = {"priority": priority.value}
    visit.tx.tell(Act("meeting.triage", "meeting", str(id), detail=detail))
    visit.ring()
    return row


async def triage_of(visit: Visit, id: UUID) -> Triage | None:
    """Raises Missing, Forbidden."""
    meeting = await meetings.find(visit, id, Permission.MEETINGS_CHANGE)
    visit.tx.tell(Act("meeting.view", "meeting", str(id)))
    return await _of(visit, meeting.id)


async def _of(visit: Visit, meeting: UUID) -> Triage | None:
    query = select(Triage).where(Triage.id == meeting)
    found: Triage | None = await visit.tx.session.scalar(query)
    return found
