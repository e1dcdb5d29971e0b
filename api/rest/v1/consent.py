"""Consent to being recorded: the texts, what was said to them, and what follows."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.clinic import consenting, policies
from api.clinic.caller import Visit
from api.clinic.clinic import get
from api.rest.v1.changes import Patience, changed, etag_of
from api.rest.v1.consentshapes import (
    ConsentBody,
    ConsentOut,
    PoliciesOut,
    PolicyBody,
    PolicyOut,
    ReceiptOut,
    StandingOut,
)
from api.rest.v1.door import SIGNED_IN, DoorOf, is_known
from api.rest.v1.paging import After, Limit, Page, page
from api.rest.v1.problems import documented
from api.rest.v1.shapes import Language
from api.rules.auditing import Act
from api.rules.roles import Permission
from api.store.models import ConsentReceipt

router = APIRouter(
    tags=["consent"], dependencies=SIGNED_IN, responses=documented(401, 403, 422, 503)
)


@router.get("/consent/policy")
async def read_policy(
    door: DoorOf, language: Annotated[Language | None, Query()] = None
) -> PolicyOut:
    """The text in force, in the language wanted or the nearest one there is."""
    async with door.enter() as visit:
        return PolicyOut.of(await policies.current(visit, language))


@router.get("/consent/policies")
async def list_policies(door: DoorOf, after: After = None, limit: Limit = 50) -> Page[PolicyOut]:
    """All that were ever in force, but for the program's own."""
    async with door.enter(Permission.STAFF_READ) as visit:
        rows = await policies.all_of(visit, after, limit + 1)
        return page(rows, limit, lambda row: row.id, lambda row: PolicyOut.of(policies.shown(row)))


@router.post("/consent/policies", status_code=201, responses=documented(409))
async def publish_policy(body: PolicyBody, door: DoorOf) -> PoliciesOut:
    """The next version. From now on a yes to an earlier one counts no more."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        texts = {one.language: one.text for one in body.texts}
        shown = await policies.publish(visit, texts)
        return PoliciesOut(items=[PolicyOut.of(one) for one in shown])


@router.post("/video/consent-log", status_code=201, responses=documented(400, 404, 409))
async def say(body: ConsentBody, door: DoorOf) -> ReceiptOut:
    """Agree, decline or take back: a new receipt each time, none is ever changed. With the header
    Idempotency-Key it is one, however often it is sent."""
    once = door.once("consent", body)
    async with door.enter() as visit:
        known = await once.made(visit)
        if known is None:
            row = await consenting.say(visit, body.said)
            once.remember(visit, row.id)
        else:
            row = await get(visit.tx, ConsentReceipt, known, "receipt")
        workspace = visit.caller.workspace
    async with door.clinic.store.reading(workspace) as tx:
        return ReceiptOut.of(row, await consenting.position(tx, row.id))


@router.get("/meetings/{id}/consent", responses=documented(404))
async def read_consent(
    id: UUID, door: DoorOf, request: Request, response: Response, patience: Patience = 0
) -> ConsentOut:
    """What may be recorded of whom now, and all receipts; for patients and guests their own. With
    `wait` and If-None-Match the answer comes when that has changed."""

    async def look(visit: Visit) -> ConsentOut:
        found = await consenting.standings(visit, id)
        shown = ConsentOut(
            recordable=found.is_recordable,
            policy_version=found.policy,
            participants=[StandingOut.of(one) for one in found.people],
            receipts=[
                ReceiptOut.of(row, await consenting.position(visit.tx, row.id))
                for row in found.receipts
            ],
        )
        if not is_known(request, etag_of(shown)):
            consenting.tell_shown(visit, id)
        return shown

    return await changed(door, look, request, response, patience)


@router.get(
    "/video/consent-log/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {}}, "description": "Lines of JSON"}},
)
async def export(door: DoorOf) -> StreamingResponse:
    """Every receipt of the clinic, with its place in the audit log."""
    async with door.enter(Permission.AUDIT_READ) as visit:
        visit.tx.tell(Act("consent.export"))
        workspace = visit.caller.workspace

    async def lines() -> AsyncIterator[bytes]:
        async with door.clinic.store.reading(workspace) as tx:
            async for line in consenting.export(tx):
                yield line

    return StreamingResponse(
        lines(), media_type="application/x-ndjson", headers={"cache-control": "no-store"}
    )
