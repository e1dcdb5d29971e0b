"""`/workspace`: what holds for the whole clinic."""

from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from api.clinic import setup
from api.clinic.caller import workspace_of
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.problems import documented
from api.rest.v1.shapes import Line, NotText, Paragraph, Shape, TimeZone
from api.rules.conferencing import read as provider_in
from api.rules.plans import Provider
from api.rules.roles import Permission
from api.store.models import Workspace

router = APIRouter(
    prefix="/workspace", tags=["workspace"], dependencies=SIGNED_IN,
    responses=documented(401, 403, 422, 503),
)  # fmt: skip


class WorkspaceChange(Shape):
    title: Line | None = None
    audit_days: Annotated[int, Field(ge=365, le=36500), NotText] | None = None
    waiting_message: Paragraph | None = None  # to all who wait
    time_zone: TimeZone | None = None  # of times in letters; null is UTC
    conferencing: Provider | None = None  # where visits go first; null: our own rooms

    def fields(self) -> dict[str, Any]:
        given = {name: getattr(self, name) for name in self.model_fields_set}
        if given.get("title", "") is None:
            del given["title"]
        return given


class WorkspaceOut(Shape):
    id: UUID
    workspace: str
    title: str
    plan: str
    audit_days: int | None
    waiting_message: str | None
    time_zone: str | None
    conferencing: Provider | None

    @classmethod
    def of(cls, row: Workspace) -> Self:
        return cls(
            id=row.id,
            workspace=row.slug,
            title=row.title,
            plan=row.plan,
            audit_days=row.audit_days,
            waiting_message=row.waiting_message,
            time_zone=row.time_zone,
            conferencing=provider_in(row.conferencing),
        )


@router.get("")
async def read(door: DoorOf) -> WorkspaceOut:
    async with door.enter(Permission.STAFF_READ) as visit:
        return WorkspaceOut.of(await workspace_of(visit))


@router.patch("", responses=documented(409))
async def change(body: WorkspaceChange, door: DoorOf) -> WorkspaceOut:
    """Its title, for how many days the logs are kept (null, which is the default: for good), where
    visits go first."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        return WorkspaceOut.of(await setup.change_workspace(visit, body.fields()))
