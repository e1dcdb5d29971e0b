"""`/staff`: who works here."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.clinic import sessions, staff
from api.clinic.caller import Visit
from api.clinic.invitations import mail_link
from api.rest.v1.door import SIGNED_IN, Door, DoorOf, tag
from api.rest.v1.paging import After, Limit, Page, page
from api.rest.v1.problems import documented
from api.rest.v1.shapes import LinkOut
from api.rest.v1.staffshapes import InvitedOut, StaffBody, StaffChange, StaffLinkBody, StaffOut
from api.rules.auditing import ActorKind
from api.rules.bearers import Bearer
from api.rules.roles import Permission
from api.store.models import Link, Staff

router = APIRouter(
    prefix="/staff", tags=["staff"], dependencies=SIGNED_IN,
    responses=documented(401, 403, 422, 503),
)  # fmt: skip


@router.get("")
async def list_staff(door: DoorOf, after: After = None, limit: Limit = 50) -> Page[StaffOut]:
    async with door.enter(Permission.STAFF_READ) as visit:
        rows = await staff.list_staff(visit, after, limit + 1)
        return page(rows, limit, lambda row: row.id, StaffOut.of)


@router.post("", status_code=201, responses=documented(409, 429))
async def invite(body: StaffBody, door: DoorOf) -> InvitedOut:
    """Somebody new gets a link, by which they set their password."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        row, bearer, link = await staff.invite(visit, body.role, body.email, body.name)
        shown = link_out(door, bearer, link)
        if body.mail:
            shown.mail_id = await mail(visit, row, shown)
        return InvitedOut(staff=StaffOut.of(row), link=shown)


@router.post("/{id}/links", status_code=201, responses=documented(404, 409, 429))
async def invite_again(id: UUID, door: DoorOf, body: StaffLinkBody | None = None) -> InvitedOut:
    """A new link, for who has lost a password or an authenticator."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        row, bearer, link = await staff.invite_again(visit, id)
        shown = link_out(door, bearer, link)
        if body is not None and body.mail:
            shown.mail_id = await mail(visit, row, shown)
        return InvitedOut(staff=StaffOut.of(row), link=shown)


async def mail(visit: Visit, row: Staff, link: LinkOut) -> UUID:
    subject = (ActorKind.STAFF, row.id)
    return (await mail_link(visit, subject, row.email, None, link.url, link.expires_at)).id


@router.delete("/{id}/sessions", status_code=204, responses=documented(404))
async def sign_out(id: UUID, door: DoorOf) -> None:
    """End all of somebody's sessions: a telephone was lost, say. They can sign in again."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        await sessions.end_all_of(visit, id)


@router.patch("/{id}", responses=documented(404, 409, 412))
async def change(id: UUID, body: StaffChange, door: DoorOf, response: Response) -> StaffOut:
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        seen = door.seen_version()
        row = await staff.change(visit, id, seen, role=body.role, is_disabled=body.disabled)
        tag(response, row.version)
        return StaffOut.of(row)


def link_out(door: Door, bearer: Bearer, link: Link) -> LinkOut:
    return LinkOut(url=door.link(bearer), expires_at=link.expires_at)
