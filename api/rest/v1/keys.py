"""`/keys`: API keys of integrations."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter

from api.clinic import keys
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.paging import After, Limit, Page, page
from api.rest.v1.problems import documented
from api.rest.v1.shapes import KeyBody, KeyOut, NewKeyOut
from api.rules.roles import Permission

router = APIRouter(
    prefix="/keys", tags=["keys"], dependencies=SIGNED_IN,
    responses=documented(401, 403, 422, 503),
)  # fmt: skip


@router.get("")
async def list_keys(door: DoorOf, after: After = None, limit: Limit = 50) -> Page[KeyOut]:
    async with door.enter(Permission.KEYS_CHANGE) as visit:
        rows = await keys.list_keys(visit, after, limit + 1)
        return page(rows, limit, lambda row: row.id, KeyOut.of)


@router.post("", status_code=201, responses=documented(400, 409))
async def create(body: KeyBody, door: DoorOf) -> NewKeyOut:
    """Two keys of one name may live at once: make the new one, change over, revoke the old one."""
    async with door.enter(Permission.KEYS_CHANGE) as visit:
        validity = None if body.days is None else timedelta(days=body.days)
        row, bearer = await keys.create(visit, body.name, body.scopes, validity)
        return NewKeyOut(key=KeyOut.of(row), secret=str(bearer))


@router.delete("/{id}", status_code=204, responses=documented(404))
async def revoke(id: UUID, door: DoorOf) -> None:
    async with door.enter(Permission.KEYS_CHANGE) as visit:
        await keys.revoke(visit, id)
