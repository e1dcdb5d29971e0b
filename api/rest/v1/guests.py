"""`/guests`: who joins a visit by a one-time link."""

from datetime import timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from api.clinic import guests
from api.clinic.guests import GuestKind
from api.clinic.invitations import mail_link
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.paging import After, Limit, Page, page
from api.rest.v1.problems import documented
from api.rest.v1.shapes import Email, Language, Line, LinkOut, NotText, Shape
from api.rest.v1.staff import link_out
from api.rules.auditing import ActorKind
from api.rules.private import Private
from api.rules.roles import Permission
from api.store.models import Guest

router = APIRouter(
    prefix="/guests", tags=["guests"], dependencies=SIGNED_IN,
    responses=documented(401, 403, 422, 503),
)  # fmt: skip


class GuestBody(Shape):
    kind: GuestKind
    name: Line
    patient_id: UUID | None = None
    minutes: Annotated[int, Field(ge=1, le=30), NotText] = 15  # that the link is good for
    email: Email | None = None  # where the link goes to; not kept
    language: Language | None = None  # of that letter


class GuestOut(Shape):
    id: UUID
    kind: GuestKind
    name: str
    patient_id: UUID | None

    @classmethod
    def of(cls, row: Guest) -> Self:
        kind = GuestKind(row.kind)
        return cls(id=row.id, kind=kind, name=row.name.text, patient_id=row.patient_id)


class InvitedGuestOut(Shape):
    guest: GuestOut
    link: LinkOut


@router.get("")
async def list_guests(door: DoorOf, after: After = None, limit: Limit = 50) -> Page[GuestOut]:
    async with door.enter(Permission.GUESTS_INVITE) as visit:
        rows = await guests.list_guests(visit, after, limit + 1)
        return page(rows, limit, lambda row: row.id, GuestOut.of)


@router.post("", status_code=201, responses=documented(404, 409, 429))
async def invite(body: GuestBody, door: DoorOf) -> InvitedGuestOut:
    async with door.enter(Permission.GUESTS_INVITE) as visit:
        validity = timedelta(minutes=body.minutes)
        row, bearer, link = await guests.invite(
            visit, body.kind, body.name, body.patient_id, validity
        )
        shown = link_out(door, bearer, link)
        if body.email is not None:
            subject, to = (ActorKind.GUEST, row.id), Private(body.email)
            until = shown.expires_at
            mail = await mail_link(visit, subject, to, body.language, shown.url, until)
            shown.mail_id = mail.id
        return InvitedGuestOut(guest=GuestOut.of(row), link=shown)


@router.delete("/{id}", status_code=204, responses=documented(404))
async def revoke(id: UUID, door: DoorOf) -> None:
    """Their link and their session end."""
    async with door.enter(Permission.GUESTS_INVITE) as visit:
        await guests.revoke(visit, id)
