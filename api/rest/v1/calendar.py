"""`/calendar/events`: events with conferencing attached; hours of staff, and when they are free."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.clinic import events, hours, published
from api.clinic.caller import Visit
from api.rest.v1.calendarshapes import (
    EventBody,
    EventChangeBody,
    EventOut,
    SlotOut,
    SlotsOut,
    WeekShape,
)
from api.rest.v1.door import SIGNED_IN, DoorOf, tag
from api.rest.v1.meetingshapes import Moment
from api.rest.v1.paging import After, Limit, Page, page
from api.rest.v1.problems import documented
from api.rules.availability import Span
from api.rules.recurrence import wall_clock
from api.rules.roles import Permission
from api.rules.visits import LONGEST, SHORTEST
from api.store.models import CalendarEvent

router = APIRouter(
    tags=["calendar"], dependencies=SIGNED_IN, responses=documented(401, 403, 422, 503)
)  # fmt: skip

AHEAD = timedelta(days=7)
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
Which = Annotated[
    Moment | None,
    Query(description="The one time of a series, by when it was to be first. Else all of it."),
]
Length = Annotated[
    int,
    Query(
        ge=SHORTEST.total_seconds() // 60,
        le=LONGEST.total_seconds() // 60,
        description="Of the visit, in minutes.",
    ),
]


@router.get("/calendar/events")
async def list_events(
    door: DoorOf,
    begins: Annotated[Moment | None, Query(alias="from")] = None,
    ends: Annotated[Moment | None, Query(alias="until")] = None,
    staff: Annotated[UUID | None, Query(description="Whose calendar.")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[EventOut]:
    """Those that have a time within: of a week from now on, unless said."""
    async with door.enter(Permission.MEETINGS_READ) as visit:
        within = _within(visit, begins, ends)
        rows = await events.list_events(visit, within, staff, after, limit + 1)
        shown = {row.id: await _shape(visit, row) for row in rows[:limit]}
        return page(rows, limit, lambda row: row.id, lambda row: shown[row.id])


@router.post("/calendar/events", status_code=201, responses=documented(400, 404, 409))
async def create(body: EventBody, door: DoorOf, response: Response) -> EventOut:
    """A visit, or a series of visits, each with conferencing attached; or a time at which somebody
    is not to be booked. With the header Idempotency-Key it is made once, however often it is
    sent."""
    once = door.once("event.create", body)
    async with door.enter(Permission.MEETINGS_CHANGE) as visit:
        known = await once.made(visit)
        if known is None:
            row = await events.create(visit, body.wanted)
            once.remember(visit, row.id)
        else:
            row = await events.find(visit, known)
        return await _show(visit, row, response)


@router.get("/calendar/events/{id}", responses=documented(404))
async def view(id: UUID, door: DoorOf, response: Response) -> EventOut:
    async with door.enter(Permission.MEETINGS_READ) as visit:
        return await _show(visit, await events.view(visit, id), response)


@router.patch("/calendar/events/{id}", responses=documented(400, 404, 409, 412))
async def change(
    id: UUID, body: EventChangeBody, door: DoorOf, response: Response, occurrence: Which = None
) -> EventOut:
    """Move it or make it longer, all that is still to come or one time of it. It keeps its time on
    the wall when it moves across a change of clocks. Who was invited is told."""
    seen = door.seen_version()
    async with door.enter(Permission.MEETINGS_CHANGE) as visit:
        row = await events.find(visit, id)
        before = wall_clock(await events.begins(visit, row, occurrence), row.time_zone)
        row = await events.change(visit, id, seen, occurrence, body.change(before))
        return await _show(visit, row, response)


@router.delete("/calendar/events/{id}", responses=documented(404, 409, 412))
async def cancel(id: UUID, door: DoorOf, response: Response, occurrence: Which = None) -> EventOut:
    """Call off all that is still to come, or one time of it. Who was invited is told."""
    seen = door.seen_version()
    async with door.enter(Permission.MEETINGS_CHANGE) as visit:
        return await _show(visit, await events.cancel(visit, id, seen, occurrence), response)


@router.get(
    "/calendar/events/{id}/file",
    responses={200: {"content": {"text/calendar": {}}}, **documented(404)},
    response_class=Response,
)
async def file(id: UUID, door: DoorOf) -> Response:
    """As calendars read it, with what everybody has answered."""
    async with door.enter(Permission.MEETINGS_READ) as visit:
        row = await events.view(visit, id)
        content = await published.calendar_of(visit, row)
        return Response(content, media_type="text/calendar")


@router.get("/staff/{id}/hours", responses=documented(404))
async def read_hours(id: UUID, door: DoorOf) -> WeekShape:
    async with door.enter(Permission.STAFF_READ) as visit:
        return WeekShape.of(await hours.read(visit, id))


@router.put("/staff/{id}/hours", responses=documented(400, 404))
async def write_hours(id: UUID, body: WeekShape, door: DoorOf) -> WeekShape:
    """When somebody can be booked, in place of what was there: one's own, or an owner
    anybody's."""
    async with door.enter(Permission.STAFF_READ) as visit:
        return WeekShape.of(await hours.write(visit, id, body.week))


@router.get("/staff/{id}/slots", responses=documented(400, 404))
async def slots(
    id: UUID,
    door: DoorOf,
    begins: Annotated[Moment | None, Query(alias="from")] = None,
    ends: Annotated[Moment | None, Query(alias="until")] = None,
    duration: Length = 30,
) -> SlotsOut:
    """Where a visit of that length can begin within somebody's hours: of a week from now on, unless
    said, and of a month at most."""
    async with door.enter(Permission.MEETINGS_READ) as visit:
        within = _within(visit, begins, ends)
        found = await hours.free(visit, id, within, duration)
        return SlotsOut(items=[SlotOut.of(one) for one in found])


def _within(visit: Visit, begins: datetime | None, ends: datetime | None) -> Span:
    """What can be in a calendar of it: nothing is that long ago, or that far."""
    first = min(max(begins or visit.tx.now, EARLIEST), LATEST)
    return Span(first, min(ends or first + AHEAD, LATEST + AHEAD))


async def _show(visit: Visit, row: CalendarEvent, response: Response) -> EventOut:
    await visit.tx.session.flush()
    tag(response, row.version)
    return await _shape(visit, row)


async def _shape(visit: Visit, row: CalendarEvent) -> EventOut:
    return EventOut.of(row, await events.occurrences(visit, row), visit.tx.now)
