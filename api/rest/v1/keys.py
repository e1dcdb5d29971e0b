"""`/keys`: API keys of integrations."""

from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, WithJsonSchema

from api.clinic import keys
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.paging import After, Limit, Page, page
from api.rest.v1.problems import documented
from api.rest.v1.shapes import Line, NotText, Shape
from api.rules.roles import SCOPES, Permission
from api.store.models import ApiKey

router = APIRouter(
    prefix="/keys", tags=["keys"], dependencies=SIGNED_IN,
    responses=documented(401, 403, 422, 503),
)  # fmt: skip


Scope = Annotated[Permission, WithJsonSchema({"type": "string", "enum": sorted(SCOPES)})]


class KeyBody(Shape):
    name: Line
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=20)]
    days: Annotated[int, Field(ge=1, le=3650), NotText] | None = None  # None: until it is revoked


class KeyOut(Shape):
    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None

    @classmethod
    def of(cls, row: ApiKey) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            scopes=row.scopes.split(),
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            used_at=row.used_at,
        )


class NewKeyOut(Shape):
    key: KeyOut
    secret: str  # shown this once


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
