"""`/workspace`: what holds for the whole clinic."""

from fastapi import APIRouter

from api.clinic import setup
from api.clinic.caller import workspace_of
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.problems import documented
from api.rest.v1.shapes import WorkspaceChange, WorkspaceOut
from api.rules.roles import Permission

router = APIRouter(
    prefix="/workspace", tags=["workspace"], dependencies=SIGNED_IN,
    responses=documented(401, 403, 422, 503),
)  # fmt: skip


@router.get("")
async def read(door: DoorOf) -> WorkspaceOut:
    async with door.enter(Permission.STAFF_READ) as visit:
        return WorkspaceOut.of(await workspace_of(visit))


@router.patch("", responses=documented(409))
async def change(body: WorkspaceChange, door: DoorOf) -> WorkspaceOut:
    """Its title, and for how many days the logs are kept: null, which is the default, for good."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        return WorkspaceOut.of(await setup.change_workspace(visit, body.fields()))
