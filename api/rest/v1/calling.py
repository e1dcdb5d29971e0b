"""Calls at once, and what clients ask for around calls: servers, and whether a token is good."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import Field

from api.clinic import calls
from api.clinic.caller import Visit
from api.clinic.calls import Ringing
from api.clinic.entry import ticket
from api.clinic.errors import TooMany
from api.clinic.presence import identity_of
from api.clinic.verifying import Verdict, verify_token
from api.rest.tokens import source_of
from api.rest.v1.changes import Passing, Patience, changed
from api.rest.v1.door import SIGNED_IN, Door, DoorOf
from api.rest.v1.problems import documented
from api.rest.v1.shapes import Shape, shown
from api.rest.v1.visiting import ticket_out
from api.rest.v1.visitingshapes import IceServerOut, TicketOut
from api.rules.participation import Kind, Part

router = APIRouter(tags=["calling"])
LONGEST_TOKEN = 8192  # characters
# What tokens are made of, headers can hold, and addresses too: escaped, it might be too long.
HEADER = r"^[A-Za-z0-9._~+/=-]*$"


class CallBody(Shape):
    kind: Kind
    id: UUID  # of staff, patient or guest


class RingingOut(Shape):
    meeting_id: UUID  # to answer: POST /livekit/token; to decline: DELETE /meetings/ID/place
    caller: str | None  # their name
    role: Part
    rings_until: datetime

    @classmethod
    def of(cls, row: Ringing) -> Self:
        assert row.meeting.rings_until is not None
        return cls(
            meeting_id=row.meeting.id,
            caller=shown(row.name),
            role=Part(row.caller.role),
            rings_until=row.meeting.rings_until,
        )


class CallsOut(Passing):
    items: list[RingingOut]


class VerifyBody(Shape):
    token: Annotated[str, Field(max_length=LONGEST_TOKEN)]


class VerdictOut(Shape):
    valid: bool
    reason: str | None  # a word for why not
    meeting: UUID | None
    role: Part | None
    opens_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        return cls(
            valid=verdict.reason is None,
            reason=verdict.reason,
            meeting=verdict.meeting,
            role=verdict.part,
            opens_at=verdict.opens_at,
            expires_at=verdict.expires_at,
        )


class IceServersOut(Shape):
    ice_servers: list[IceServerOut]


@router.post(
    "/calls/generate-token",
    status_code=201,
    dependencies=SIGNED_IN,
    responses=documented(401, 403, 404, 409, 422, 503),
)
async def call(body: CallBody, door: DoorOf, request: Request) -> TicketOut:
    """Call somebody at once: a token for the caller; whoever is called finds it in `/calls`. With
    the header Idempotency-Key a repetition is the same call."""
    once = door.once("call", body)
    async with door.enter() as visit:
        known = await once.made(visit)
        if known is None:
            made = await calls.call(visit, body.kind, body.id)
            once.remember(visit, made.meeting.id)
        else:
            made = await ticket(visit, known)
        return ticket_out(visit, made, request)


@router.get("/calls", dependencies=SIGNED_IN, responses=documented(401, 403, 422, 503))
async def list_calls(
    door: DoorOf, request: Request, response: Response, patience: Patience = 0
) -> CallsOut:
    """Who calls one now. With `wait` and If-None-Match the answer comes when that has changed."""

    async def look(visit: Visit) -> CallsOut:
        return CallsOut(items=[RingingOut.of(row) for row in await calls.ringing(visit)])

    return await changed(door, look, request, response, patience)


@router.get("/video/ice-servers", dependencies=SIGNED_IN, responses=documented(401, 422, 503))
async def list_servers(door: DoorOf) -> IceServersOut:
    """STUN and TURN, with a password of one's own that ends soon: only to begin with."""
    async with door.enter() as visit:
        caller = visit.caller
        servers = visit.clinic.servers(identity_of(caller.kind.value, caller.id))
        return IceServersOut(ice_servers=[IceServerOut(**server) for server in servers])


@router.get("/meetings/verify-token", responses=documented(400, 422, 429, 503))
async def verify_by_address(
    door: DoorOf,
    request: Request,
    token: Annotated[str, Query(max_length=LONGEST_TOKEN, pattern=HEADER)] = "",
    in_header: Annotated[
        str, Header(alias="x-meeting-token", max_length=LONGEST_TOKEN, pattern=HEADER)
    ] = "",
) -> VerdictOut:
    """Whether a link's or a room's token leads into a visit. Better in a header than in the
    address, which may be logged on its way, and best by POST."""
    return await _verify(door, request, in_header or token)


@router.post("/meetings/verify-token", responses=documented(422, 429, 503))
async def verify_by_body(body: VerifyBody, door: DoorOf, request: Request) -> VerdictOut:
    """Whether a link's or a room's token leads into a visit."""
    return await _verify(door, request, body.token)


async def _verify(door: Door, request: Request, token: str) -> VerdictOut:
    """Raises TooMany."""
    clinic, source = door.clinic, source_of(request)
    now = clinic.monotonic()
    if not clinic.verifying.spend(source, now):
        wait = clinic.verifying.wait(source, now)
        raise TooMany("too_many_tries", "Too many tries: wait a moment.", wait)
    return VerdictOut.of(await verify_token(clinic, token))
