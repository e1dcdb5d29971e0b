"""Text messages: who may be sent some, and what carriers tell of them."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, Self, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import StrictBool
from starlette.exceptions import HTTPException

from api.carriers.carrier import Carrier, Forged, Garbled, Told
from api.clinic import texting
from api.clinic.clinic import Clinic
from api.clinic.errors import InTheWay, Unknown
from api.clinic.texting import Texting
from api.rest.v1.door import SIGNED_IN, DoorOf
from api.rest.v1.problems import documented
from api.rest.v1.shapes import Language, Phone, Shape, shown
from api.rules.private import Private
from api.rules.roles import Permission
from api.rules.texting import Said
from api.store.models import TextConsent

Heard = TypeVar("Heard")

router = APIRouter(tags=["text messages"])
STAFF = documented(401, 403, 404, 422, 503)
LONGEST = 65_536  # bytes of what a carrier tells
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


class TextConsentBody(Shape):
    given: StrictBool
    method: Literal[Said.CLICK, Said.VOICE, Said.SIGNATURE]


class TextReceipt(Shape):
    given: bool
    phone: str
    method: Said
    noted_by: UUID | None
    at: datetime

    @classmethod
    def of(cls, row: TextConsent) -> Self:
        return cls(
            given=row.given,
            phone=row.phone.text,
            method=Said(row.method),
            noted_by=row.noted_by,
            at=row.at,
        )


class TextingOut(Shape):
    """`number`: where text messages would go, if the record has a number with its country.
    `offered`: this server sends text messages."""

    offered: bool
    number: str | None
    may_be_texted: bool
    receipts: list[TextReceipt]  # the newest first

    @classmethod
    def of(cls, found: Texting, clinic: Clinic) -> Self:
        receipts = [TextReceipt.of(row) for row in found.receipts]
        offered = clinic.texts.carrier is not None
        return cls(
            offered=offered, number=shown(found.number), may_be_texted=found.may, receipts=receipts
        )


class CarrierOut(Shape):
    """`provider`: null where this server sends no text messages. The addresses are those that its
    console has to know."""

    provider: str | None
    sender: str | None
    status_url: str
    inbound_url: str

    @classmethod
    def of(cls, clinic: Clinic) -> Self:
        carrier = clinic.texts.carrier
        return cls(
            provider=None if carrier is None else carrier.name,
            sender=None if carrier is None else carrier.sender,
            status_url=_public(clinic, "/texts/status"),
            inbound_url=_public(clinic, "/texts/inbound"),
        )


class TrialBody(Shape):
    phone: Phone  # with its country
    language: Language | None = None


class TrialOut(Shape):
    mail_id: UUID


@router.get("/patients/{id}/texting", responses=STAFF, dependencies=SIGNED_IN)
async def view(id: UUID, door: DoorOf) -> TextingOut:
    async with door.enter() as visit:
        return TextingOut.of(await texting.view(visit, id), visit.clinic)


@router.post(
    "/patients/{id}/texting", status_code=201, responses=STAFF | documented(409),
    dependencies=SIGNED_IN,
)  # fmt: skip
async def say(id: UUID, body: TextConsentBody, door: DoorOf) -> TextingOut:
    """A patient agrees to be sent text messages, or does not any more: a receipt that stays. The
    patient clicks; staff note what they have heard, or have on paper."""
    async with door.enter() as visit:
        return TextingOut.of(await texting.say(visit, id, body.given, body.method), visit.clinic)


@router.get("/texts", responses=documented(401, 403, 422, 503), dependencies=SIGNED_IN)
async def carrier_of(door: DoorOf) -> CarrierOut:
    """What carries text messages. The operator chooses it, for all workspaces."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        return CarrierOut.of(visit.clinic)


@router.post(
    "/texts/test",
    status_code=201,
    responses=documented(401, 403, 409, 422, 429, 503),
    dependencies=SIGNED_IN,
)
async def send_test(body: TrialBody, door: DoorOf) -> TrialOut:
    """A message to a number of whoever asks, to see whether they come; `GET /mail/ID` tells."""
    async with door.enter(Permission.STAFF_CHANGE) as visit:
        mail = await texting.send_test(visit, Private(body.phone), body.language)
        return TrialOut(mail_id=mail.id)


@router.post(
    "/texts/status", status_code=204, responses=documented(401, 409, 503), openapi_extra=BODY
)
async def status(request: Request) -> Response:
    """What became of a text message: told by the carrier that the operator has chosen, in its own
    format and with its signature."""
    report = await _hear(request, lambda carrier, told, now: carrier.report(told, now))
    if report is not None:
        await texting.reported(request.app.state.clinic, report)
    return Response(None, 204)


@router.post(
    "/texts/inbound",
    responses={200: {"content": {"text/xml": {}}}, **documented(401, 409, 503)},
    response_class=Response,
    openapi_extra=BODY,
)
async def inbound(request: Request) -> Response:
    """What somebody replies: STOP takes back that they may be texted. Told by the carrier, in its
    own format and with its signature. The answer says that nothing is to be sent back."""
    reply = await _hear(request, lambda carrier, told, now: carrier.reply(told, now))
    if reply is not None:
        await texting.reply(request.app.state.clinic, reply)
    return Response("<Response/>", media_type="text/xml")


async def _hear(request: Request, read: Callable[[Carrier, Told, float], Heard]) -> Heard:
    """Raises HTTPException, InTheWay, Unknown."""
    clinic: Clinic = request.app.state.clinic
    content = await _content(request)
    carrier = clinic.texts.carrier
    if carrier is None:
        raise InTheWay("no_sms", "This server sends no text messages (clinic.sms).")
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
    return f"{_public(clinic, path)}{query}"


def _public(clinic: Clinic, path: str) -> str:
    return f"{clinic.mail.page.rstrip('/')}/api/v1{path}"
