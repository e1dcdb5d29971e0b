"""`/mail`: what became of the letters that were asked for."""

from uuid import UUID

from fastapi import APIRouter

from api.clinic import outbox
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.paging import After, Limit, Page, page
from api.rest.v1.problems import documented
from api.rest.v1.shapes import MailOut
from api.rules.roles import Permission

router = APIRouter(
    prefix="/mail", tags=["mail"], dependencies=SIGNED_IN, responses=documented(401, 403, 422, 503)
)


@router.get("")
async def list_mail(door: DoorOf, after: After = None, limit: Limit = 50) -> Page[MailOut]:
    async with door.enter(Permission.PATIENTS_READ) as visit:
        rows = await outbox.list_mail(visit, after, limit + 1)
        return page(rows, limit, lambda row: row.id, MailOut.of)


@router.get("/{id}", responses=documented(404))
async def view(id: UUID, door: DoorOf) -> MailOut:
    """`sent`: the mail server has taken it. `unknown`: it may have, and it is not sent again."""
    async with door.enter(Permission.PATIENTS_READ) as visit:
        return MailOut.of(await outbox.view(visit, id))
