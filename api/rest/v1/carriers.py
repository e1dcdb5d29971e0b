"""Who carries text messages, and what carriers tell of them."""

import json
from collections.abc import Callable
from typing import Annotated, Any, Self, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import StringConstraints
from starlette.exceptions import HTTPException

from api.carriers.carrier import Carrier, Forged, Garbled, Told
from api.carriers.choosing import SHORTEST_SECRET, Account, Kind
from api.clinic import smscarriers, texting
from api.clinic.clinic import Clinic
from api.clinic.errors import InTheWay, Unknown
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.problems import documented
from api.rest.v1.shapes import Line, Shape
from api.rules.roles import Permission
from api.store.models import TextCarrier

Heard = TypeVar("Heard")

router = APIRouter(tags=["text messages"])
LONGEST = 65_536  # bytes of what a carrier tells
Secret = Annotated[
    str, StringConstraints(min_length=SHORTEST_SECRET, max_length=200, pattern=r"^[ -~]+$")
]
Pem = Annotated[
    str,
    StringConstraints(max_length=10_000, pattern=r"^\s*-----BEGIN [A-Z ]{1,40}-----[\s!-~]+$"),
]
Address = Annotated[str, StringConstraints(max_length=500, pattern=r"^https://[!-~]+$")]
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


class CarrierOut(Shape):
    """`provider`: null where no text messages are sent. `own`: it is this workspace's alone, and
    `account` and `url` are what was entered. The other addresses are those that its console has to
    know."""

    provider: str | None
    sender: str | None
    own: bool
    account: str | None
    url: str | None
    status_url: str
    inbound_url: str

    @classmethod
    def of(cls, clinic: Clinic, row: TextCarrier | None) -> Self:
        server = clinic.texts.carrier
        hooks = smscarriers.hooks(clinic, None if row is None else row.workspace_id)
        told = row or server
        return cls(
            provider=row.kind if row else server.name if server else None,
            sender=told.sender if told else None,
            own=row is not None,
            account=row.account or None if row else None,
            url=row.url or None if row else None,
            status_url=f"{hooks}/status",
            inbound_url=f"{hooks}/inbound",
        )


class CarrierBody(Shape):
    """`account`: Twilio's account, Vonage's application. `secret`: Twilio's auth token, Vonage's
    signature secret, one of your own for a webhook. `privateKey`: of Vonage's application, in PEM.
    `url`: of a webhook. What is secret is not shown again."""

    provider: Kind
    sender: Line  # a number, or what the provider takes for one
    secret: Secret
    account: Line | None = None
    private_key: Pem | None = None
    url: Address | None = None


@router.get("/texts", responses=documented(401, 403, 422, 503), dependencies=SIGNED_IN)
async def carrier_of(door: DoorOf) -> CarrierOut:
    """What carries text messages: this workspace's own carrier, or else the operator's."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        return CarrierOut.of(visit.clinic, await smscarriers.find(visit.tx))


@router.put("/texts/carrier", responses=documented(400, 401, 403, 422, 503), dependencies=SIGNED_IN)
async def change_carrier(body: CarrierBody, door: DoorOf) -> CarrierOut:
    """Hand this workspace's text messages to a carrier of its own, in place of the operator's."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        own = Account(
            body.provider, body.sender, body.secret, body.account or "", body.private_key or "",
            body.url or "",
        )  # fmt: skip
        return CarrierOut.of(visit.clinic, await smscarriers.change(visit, own))


@router.delete(
    "/texts/carrier",
    status_code=204,
    responses=documented(401, 403, 404, 422, 503),
    dependencies=SIGNED_IN,
)
async def forget_carrier(door: DoorOf) -> None:
    """From now on the operator's carries them again, if there is one."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        await smscarriers.forget(visit)


@router.post(
    "/texts/status", status_code=204, responses=documented(401, 409, 503), openapi_extra=BODY
)
async def status(request: Request) -> Response:
    """What became of a text message: told by the carrier that the operator has chosen, in its own
    format and with its signature."""
    return await _hear_of_one(request)


@router.post(
    "/texts/{workspace}/status",
    status_code=204,
    responses=documented(401, 409, 422, 503),
    openapi_extra=BODY,
)
async def own_status(workspace: UUID, request: Request) -> Response:
    """The same of the carrier that the workspace has chosen."""
    return await _hear_of_one(request, workspace)


@router.post(
    "/texts/inbound",
    responses={200: {"content": {"text/xml": {}}}, **documented(401, 409, 503)},
    response_class=Response,
    openapi_extra=BODY,
)
async def inbound(request: Request) -> Response:
    """What somebody replies: STOP takes back that they may be texted. Told by the carrier, in its
    own format and with its signature. The answer says that nothing is to be sent back."""
    return await _hear_reply(request)


@router.post(
    "/texts/{workspace}/inbound",
    responses={200: {"content": {"text/xml": {}}}, **documented(401, 409, 422, 503)},
    response_class=Response,
    openapi_extra=BODY,
)
async def own_inbound(workspace: UUID, request: Request) -> Response:
    """The same, told by the carrier that the workspace has chosen: it counts there alone."""
    return await _hear_reply(request, workspace)


async def _hear_of_one(request: Request, workspace: UUID | None = None) -> Response:
    report = await _hear(request, workspace, lambda carrier, told, now: carrier.report(told, now))
    if report is not None:
        await texting.reported(request.app.state.clinic, report, workspace)
    return Response(None, 204)


async def _hear_reply(request: Request, workspace: UUID | None = None) -> Response:
    reply = await _hear(request, workspace, lambda carrier, told, now: carrier.reply(told, now))
    if reply is not None:
        await texting.reply(request.app.state.clinic, reply, workspace)
    return Response("<Response/>", media_type="text/xml")


async def _hear(
    request: Request, workspace: UUID | None, read: Callable[[Carrier, Told, float], Heard]
) -> Heard:
    """`workspace`: whose own carrier it must be. Raises HTTPException, InTheWay, Unknown."""
    clinic: Clinic = request.app.state.clinic
    content = await _content(request)
    carrier = await smscarriers.carrier_at(clinic, workspace)
    if carrier is None:
        raise InTheWay("no_sms", "No text messages are sent here.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    told = Told(_address(clinic, request), headers, content)
    try:
        return read(carrier, told, clinic.store.now().timestamp())
    except Garbled:
        raise HTTPException(400, "The request cannot be read.") from None
    except Forged:
        sentence = f"This is not signed as {carrier.name} signs."
        raise Unknown("bad_signature", sentence) from None


async def _content(request: Request) -> bytes:
    """Raises HTTPException."""
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > LONGEST:
            raise HTTPException(400, "The request is too long.")
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            json.loads(content)
        except (ValueError, RecursionError):
            raise HTTPException(400, "The request is no JSON.") from None
    return content


def _address(clinic: Clinic, request: Request) -> str:
    """As the carrier was told it, whatever stands in front of us."""
    path = request.url.path[request.url.path.index("/texts/") :]
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{smscarriers.hooks(clinic)}{path.removeprefix('/texts')}{query}"
