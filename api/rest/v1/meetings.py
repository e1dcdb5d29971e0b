"""`/meetings`: visits, from the appointment to the end."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.clinic import diary, meetings, participants
from api.clinic.caller import Visit
from api.clinic.diary import Filter
from api.clinic.presence import identity_of
from api.clinic.providers import standing
from api.rest.v1.door import SEEN, SIGNED_IN, Door, DoorOf, tag, tag_content
from api.rest.v1.meetingshapes import (
    MeetingBody,
    MeetingChange,
    MeetingOut,
    MeetingSearch,
    Moment,
    ParticipantOut,
)
from api.rest.v1.paging import After, Limit, Page, page
from api.rest.v1.problems import documented
from api.rules.plans import Provider
from api.rules.roles import Permission
from api.rules.visits import Status
from api.store.models import Meeting

router = APIRouter(
    prefix="/meetings", tags=["meetings"], dependencies=SIGNED_IN,
    responses=documented(401, 403, 422, 503),
)  # fmt: skip


@router.get("", response_model=Page[MeetingOut], responses=SEEN)
async def list_meetings(
    door: DoorOf,
    response: Response,
    starts_from: Annotated[Moment | None, Query(alias="from", description="Not before.")] = None,
    starts_before: Annotated[Moment | None, Query(alias="until", description="Before.")] = None,
    status: Annotated[Status | None, Query()] = None,
    patient: Annotated[UUID | None, Query()] = None,
    participant: Annotated[UUID | None, Query(description="Staff, patient or guest.")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[MeetingOut] | Response:
    """By their times: all for staff, for others their own. Who asks again and again says with
    If-None-Match what was there the last time."""
    wanted = Filter(starts_from, starts_before, status, patient, participant)
    async with door.enter() as visit:
        found = await _page(door, visit, wanted, after, limit)
        tag_content(response, found)
        if door.has_seen(response):
            return Response(None, 304, {"etag": response.headers["etag"]})
        diary.tell_shown(visit, (one.id for one in found.items))
        return found


@router.post("/search")
async def search(body: MeetingSearch, door: DoorOf) -> Page[MeetingOut]:
    """Like the list, and by the patient's name."""
    wanted = Filter(
        body.starts_from, body.starts_before, body.status, body.patient_id, body.participant_id,
        body.name,
    )  # fmt: skip
    async with door.enter() as visit:
        found = await _page(door, visit, wanted, body.after, body.limit)
        diary.tell_shown(visit, (one.id for one in found.items))
        return found


@router.post("", status_code=201, responses=documented(400, 404, 409))
async def create(body: MeetingBody, door: DoorOf, response: Response) -> MeetingOut:
    """Agree on a visit. With the header Idempotency-Key it is made once, however often it is
    sent."""
    once = door.once("meeting.create", body)
    async with door.enter(Permission.MEETINGS_CHANGE) as visit:
        known = await once.made(visit)
        if known is None:
            row = await meetings.create(visit, body.wanted)
            once.remember(visit, row.id)
        else:
            row = await meetings.find(visit, known)
        shown = await show(door, visit, row, response)
    return await after_provider(door, shown, response)


# A path that is no id may be another one, `/search`.
@router.get("/{id:uuid}", responses=documented(404))
async def view(id: UUID, door: DoorOf, response: Response) -> MeetingOut:
    async with door.enter() as visit:
        return await show(door, visit, await meetings.view(visit, id), response)


@router.patch("/{id:uuid}", responses=documented(400, 404, 409, 412))
async def change(id: UUID, body: MeetingChange, door: DoorOf, response: Response) -> MeetingOut:
    """Make it longer, move it, lock it, add and remove people."""
    seen = door.seen_version()
    async with door.enter() as visit:
        row = await meetings.change(visit, id, seen, body.change)
        shown = await show(door, visit, row, response)
    return await after_provider(door, shown, response)


@router.delete("/{id:uuid}", responses=documented(404, 409, 412))
async def end(id: UUID, door: DoorOf, response: Response) -> MeetingOut:
    """End it for all, or call it off. A second time changes nothing."""
    seen = door.seen_version()
    async with door.enter() as visit:
        shown = await show(door, visit, await meetings.end(visit, id, seen), response)
    return await after_provider(door, shown, response)


async def after_provider(door: Door, shown: MeetingOut, response: Response) -> MeetingOut:
    """Its provider has been asked once the change was written down: as it is now."""
    if shown.provider is Provider.LIVEKIT:
        return shown
    async with door.enter() as visit:
        row = await meetings.find(visit, shown.id, Permission.MEETINGS_CHANGE)
        return await show(door, visit, row, response)


async def _page(
    door: Door, visit: Visit, wanted: Filter, after: UUID | None, limit: int
) -> Page[MeetingOut]:
    rows = await diary.list_meetings(visit, wanted, after, limit + 1)
    shown = {row.id: await shape(door, visit, row) for row in rows[:limit]}
    return page(rows, limit, lambda row: row.id, lambda row: shown[row.id])


async def show(door: Door, visit: Visit, row: Meeting, response: Response) -> MeetingOut:
    await visit.tx.session.flush()
    tag(response, row.version)
    return await shape(door, visit, row)


async def shape(door: Door, visit: Visit, row: Meeting) -> MeetingOut:
    people = await participants.of(visit.tx, row)
    names = await participants.names(visit.tx, people)
    is_live = any(one.is_present for one in people)
    qualities = await door.clinic.rooms.qualities(row.room) if is_live else {}
    shown = [
        ParticipantOut.of(
            one, names.get(one.id), qualities.get(identity_of(one.kind, one.subject_id))
        )
        for one in people
    ]
    own = await standing.standing_of(visit.clinic, visit.tx, row)
    return MeetingOut.of(row, shown, own, door.meeting_url(row.id), visit.tx.now)
