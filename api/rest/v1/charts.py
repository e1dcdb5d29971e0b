"""`/patients/{id}/chart`: the visits that are filed under a patient."""

import json
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from api.clinic import charts
from api.rest.v1.chartshapes import ChartMeetingOut
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.paging import After, Limit, Page, page
from api.rest.v1.problems import documented
from api.rules.roles import Permission

router = APIRouter(
    tags=["charts"], dependencies=SIGNED_IN, responses=documented(401, 403, 404, 422, 503)
)


@router.get("/patients/{id}/chart")
async def read_chart(
    id: UUID, door: DoorOf, after: After = None, limit: Limit = 50
) -> Page[ChartMeetingOut]:
    """The patient's visits, the newest first, with who took part, what they have agreed to, and
    what is filed under each."""
    async with door.enter(Permission.PATIENTS_READ) as visit:
        await charts.open_chart(visit, id)
        found = await charts.entries(visit.tx, id, after, limit + 1)
        now = visit.tx.now
        return page(
            found, limit, lambda one: one.meeting.id, lambda one: ChartMeetingOut.of(one, now)
        )


@router.get(
    "/patients/{id}/chart/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {}}, "description": "Lines of JSON"}},
)
async def export(id: UUID, door: DoorOf) -> StreamingResponse:
    """The whole of it: a line for each visit, with the receipts and their places in the audit log,
    by which others can check them."""
    async with door.enter(Permission.PATIENTS_READ) as visit:
        await charts.open_chart(visit, id, "chart.export")
        workspace, made_at = visit.caller.workspace, visit.tx.now

    async def lines() -> AsyncIterator[bytes]:
        head = {"patientId": str(id), "madeAt": made_at.isoformat()}
        yield json.dumps(head).encode() + b"\n"
        after: UUID | None = None
        while True:
            async with door.clinic.store.reading(workspace) as tx:
                found = await charts.entries(tx, id, after, charts.PAGE)
                shown = [ChartMeetingOut.of(one, tx.now) for one in found]
            for one in shown:
                yield one.model_dump_json(by_alias=True).encode() + b"\n"
            if len(shown) < charts.PAGE:
                return
            after = shown[-1].id

    return StreamingResponse(
        lines(), media_type="application/x-ndjson", headers={"cache-control": "no-store"}
    )
