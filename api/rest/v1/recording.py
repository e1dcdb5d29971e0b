"""`/video/auth-token`: what a program records a visit with."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request

from api.clinic import recording
from api.clinic.recording import RecorderTicket
from api.rest.tokens import socket_address
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.problems import documented
from api.rest.v1.shapes import Shape
from recorder.consent import Scope

router = APIRouter(tags=["recording"], dependencies=SIGNED_IN)
USUAL = (Scope.AUDIO, Scope.VIDEO)
Scopes = Annotated[
    list[Scope],
    Query(alias="scope", min_length=1, max_length=len(Scope), description="What is to be kept."),
]


class RecorderTicketOut(Shape):
    """Enough for any LiveKit client to hear and see all, and to show nothing."""

    token: str
    url: str | None  # of the WebSocket; None where the host cannot be told from the request
    room: str
    identity: str
    expires_at: datetime  # until when one can join with it
    meeting_id: UUID

    @classmethod
    def of(cls, made: RecorderTicket, request: Request) -> Self:
        return cls(
            token=made.token,
            url=socket_address(request),
            room=made.meeting.room,
            identity=made.identity,
            expires_at=made.expires_at,
            meeting_id=made.meeting.id,
        )


@router.get("/video/auth-token", responses=documented(401, 403, 404, 409, 422, 503))
async def make_token(
    door: DoorOf,
    request: Request,
    meeting: Annotated[UUID, Query(alias="meetingId")],
    scopes: Scopes = list(USUAL),  # noqa: B006  # FastAPI copies it
) -> RecorderTicketOut:
    """A token to record one visit with, for an API key with the scope `meetings.record`: while the
    visit goes on, and all who are there have agreed. It is good for five minutes."""
    async with door.enter() as visit:
        made = await recording.ticket(visit, meeting, scopes)
        return RecorderTicketOut.of(made, request)
