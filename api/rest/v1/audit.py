"""`/audit`: the two logs of the workspace."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from api.clinic import auditing
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.paging import Limit, Page, page
from api.rest.v1.problems import documented
from api.rest.v1.shapes import Shape
from api.rules.auditing import Act, Log
from api.rules.roles import Permission

router = APIRouter(
    prefix="/audit", tags=["audit"], dependencies=SIGNED_IN,
    responses=documented(401, 403, 422, 503),
)  # fmt: skip


class ReportOut(Shape):
    log: str
    entries: int
    problems: list[str]


WhichLog = Annotated[Log, Query(description="The audit log, or the log of joins.")]


@router.get("")
async def list_entries(
    door: DoorOf, log: WhichLog = Log.AUDIT,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0, limit: Limit = 100,
) -> Page[dict[str, Any]]:  # fmt: skip
    async with door.enter(Permission.AUDIT_READ) as visit:
        rows = await auditing.list_entries(visit, log, after, limit + 1)
        return page(rows, limit, lambda row: row.seq, auditing.as_json)


@router.get("/verify")
async def verify(door: DoorOf, log: WhichLog = Log.AUDIT) -> ReportOut:
    """Whether the log is whole. What only the operator can see, `housecall audit verify` tells."""
    async with door.enter(Permission.AUDIT_READ) as visit:
        report = await auditing.verify(visit.tx, door.clinic, visit.caller.workspace, log)
        visit.tx.tell(Act("audit.verify", detail={"log": log.value}))
        return ReportOut(log=log.value, entries=report.entries, problems=report.problems)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {}}, "description": "Lines of JSON"}},
)
async def export(door: DoorOf, log: WhichLog = Log.AUDIT) -> StreamingResponse:
    """Every entry with its hash, then the signed head."""
    async with door.enter(Permission.AUDIT_READ) as visit:
        visit.tx.tell(Act("audit.export", detail={"log": log.value}))
        workspace = visit.caller.workspace

    async def lines() -> AsyncIterator[bytes]:
        async with door.clinic.store.reading(workspace) as tx:
            async for line in auditing.export(tx, log):
                yield line

    return StreamingResponse(
        lines(), media_type="application/x-ndjson", headers={"cache-control": "no-store"}
    )
