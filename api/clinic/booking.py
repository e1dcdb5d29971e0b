"""A time in somebody's calendar: whether there is one, and whether it is free."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from api.clinic import meetings
from api.clinic.caller import Visit
from api.clinic.clinic import get
from api.clinic.errors import InTheWay, Refusal
from api.clinic.hours import busy
from api.rules.availability import Span
from api.rules.recurrence import Recurrence, RecurrenceError, ends_with, expand
from api.store.models import CalendarEvent, Meeting, Staff


async def owner(visit: Visit, id: UUID | None) -> Staff:
    """Locked: of two who book the same time, the second sees what the first has done. Raises
    Missing, Refusal, InTheWay."""
    id = id or visit.staff_id
    if id is None:
        raise Refusal("host_needed", "Say whose calendar it is for.")
    staff = await get(visit.tx, Staff, id, "member of staff")
    await visit.tx.session.refresh(staff, with_for_update=True)
    if staff.disabled_at is not None:
        raise InTheWay("not_here_any_more", "They do not work here any more.")
    return staff


def moments_of(
    visit: Visit, starts: datetime, zone: str, rule: Recurrence | None, minutes: int
) -> list[datetime]:
    """Raises Refusal."""
    now = visit.tx.now
    try:
        ats = expand(starts, zone, rule)
        over = ends_with(ats, minutes)
    except RecurrenceError as error:
        raise Refusal("bad_recurrence", str(error)) from None
    except (OverflowError, ValueError):
        raise Refusal("too_far", "Visits are made for the next five years.") from None
    if over > now + meetings.FARTHEST:
        raise Refusal("too_far", "Visits are made for the next five years.")
    if over <= now:
        raise Refusal("in_the_past", "This time is over: choose a later one.")
    return ats


async def check_free(
    visit: Visit,
    staff: UUID,
    ats: Sequence[datetime],
    minutes: int,
    own: Sequence[Meeting | CalendarEvent] = (),
) -> None:
    """`own`: those that are about to move. Raises InTheWay."""
    length = timedelta(minutes=minutes)
    moving = {one.id for one in own}
    for at in ats:
        span = Span(at, at + length)
        if await busy(visit.tx, staff, span, but_for=moving):
            when = at.isoformat(timespec="minutes")
            sentence = f"At {when} there is something else already: choose another time."
            raise InTheWay("not_free", sentence)
