"""When staff can be booked: their hours, and what is in their calendar already."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID

from sqlalchemy import select

from api.clinic.caller import Visit, demand, workspace_of
from api.clinic.clinic import get
from api.clinic.errors import Refusal
from api.clinic.states import status_of, times
from api.rules.auditing import Act
from api.rules.availability import FARTHEST, Hours, Span, join, slots, without, working
from api.rules.participation import Kind
from api.rules.recurrence import Recurrence, expand, wall_clock
from api.rules.roles import Permission
from api.rules.visits import LONGEST
from api.store.models import CalendarEvent, Meeting, MeetingParticipant, Staff, WorkingHours
from api.store.store import Transaction

OUT = "out"  # within a recurrence: times that are left out


@dataclass(frozen=True, slots=True)
class Week:
    """`zone`: of the clock that the hours are by."""

    zone: str
    hours: tuple[Hours, ...]


async def read(visit: Visit, staff: UUID) -> Week:
    """Raises Missing."""
    await get(visit.tx, Staff, staff, "member of staff")
    return await _week(visit, staff)


async def write(visit: Visit, staff: UUID, week: Week) -> Week:
    """One's own, or those of whom one may change. Raises Missing, Forbidden, Refusal."""
    if staff != visit.staff_id:
        demand(visit.tx, visit.caller, Permission.STAFF_CHANGE)
    await get(visit.tx, Staff, staff, "member of staff")
    _check(week.hours)
    for row in await _rows(visit.tx, staff):
        await visit.tx.session.delete(row)
    for one in week.hours:
        visit.tx.session.add(
            WorkingHours(
                id=visit.tx.new_id(), staff_id=staff, day=one.day, begins=f"{one.begins:%H:%M}",
                ends=f"{one.ends:%H:%M}", time_zone=week.zone,
            )
        )  # fmt: skip
    visit.tx.tell(Act("staff.hours", "staff", str(staff)))
    await visit.tx.session.flush()
    return await _week(visit, staff)


async def free(visit: Visit, staff: UUID, within: Span, minutes: int) -> list[Span]:
    """Where a visit of that length can begin. Raises Missing, Refusal."""
    await get(visit.tx, Staff, staff, "member of staff")
    if not timedelta(0) < within.ends - within.begins <= FARTHEST:
        raise Refusal("bad_range", f"Ask for {FARTHEST.days} days at most, from before until.")
    within = Span(max(within.begins, visit.tx.now), within.ends)
    if within.begins >= within.ends:
        return []
    week = await _week(visit, staff)
    spans = working(week.hours, week.zone, within)
    left = without(spans, await busy(visit.tx, staff, within))
    return slots(left, timedelta(minutes=minutes))


async def busy(
    tx: Transaction, staff: UUID, within: Span, but_for: Set[UUID] = frozenset()
) -> list[Span]:
    """What somebody has in their calendar, without a word of what it is. `but_for`: visits and
    events."""
    query = (
        select(Meeting)
        .join(MeetingParticipant, MeetingParticipant.meeting_id == Meeting.id)
        .where(
            MeetingParticipant.kind == Kind.STAFF.value,
            MeetingParticipant.subject_id == staff,
            Meeting.starts_at < within.ends,
            Meeting.starts_at > within.begins - LONGEST,
        )
    )
    found = await tx.session.scalars(query)
    visits = [one for one in found if not is_over(one, tx.now) and one.id not in but_for]
    spans = [Span(times(one).begins, times(one).ends) for one in visits]
    events = select(CalendarEvent).where(
        CalendarEvent.staff_id == staff,
        CalendarEvent.kind == "busy",
        CalendarEvent.status == "confirmed",
        CalendarEvent.starts_at < within.ends,
        CalendarEvent.ends_at > within.begins,
        CalendarEvent.id.not_in(but_for),
    )
    for event in await tx.session.scalars(events):
        length = timedelta(minutes=event.minutes)
        spans += [Span(at, at + length) for at in moments(event)]
    return [span for span in join(spans) if span.meets(within)]


def is_over(meeting: Meeting, now: datetime) -> bool:
    return status_of(meeting, now).is_over


def moments(event: CalendarEvent) -> list[datetime]:
    """Of an event, but for those that are left out."""
    found = dict(event.recurrence) if event.recurrence is not None else None
    out = {datetime.fromisoformat(at) for at in found.pop(OUT, [])} if found else set()
    rule = Recurrence.of_json(found) if found else None
    all_of_it = expand(wall_clock(event.starts_at, event.time_zone), event.time_zone, rule)
    return [at for at in all_of_it if at.astimezone(UTC) not in out]


async def _week(visit: Visit, staff: UUID) -> Week:
    rows = await _rows(visit.tx, staff)
    zone = rows[0].time_zone if rows else (await workspace_of(visit)).time_zone or "UTC"
    hours = tuple(
        Hours(row.day, time.fromisoformat(row.begins), time.fromisoformat(row.ends)) for row in rows
    )
    return Week(zone, hours)


async def _rows(tx: Transaction, staff: UUID) -> Sequence[WorkingHours]:
    query = select(WorkingHours).where(WorkingHours.staff_id == staff)
    return (await tx.session.scalars(query.order_by(WorkingHours.day, WorkingHours.begins))).all()


def _check(hours: Sequence[Hours]) -> None:
    """Raises Refusal."""
    ordered = sorted(hours, key=lambda one: (one.day, one.begins))
    for one in ordered:
        if one.begins >= one.ends:
            raise Refusal("bad_hours", "Hours begin before they end, on the same day.")
    for one, following in pairwise(ordered):
        if one.day == following.day and following.begins < one.ends:
            raise Refusal("bad_hours", "Hours of one day must not overlap.")
